import type { Command } from 'commander'
import type { MessageClass } from '../../domain/journeys/journey.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { CHANNELS, type ChannelName } from '../../domain/journeys/values.ts'
import type { Answer } from '../answer.ts'
import { answerOf, inPath } from '../call.ts'
import type { Context, Output } from '../context.ts'
import { acting, command, instant, oneOf, type Commands, type JsonOption } from '../options.ts'
import { instantText, renderTable } from '../table.ts'

const WHO = 'the customer id, or any identity (kind:value where a value is ambiguous)'

interface ExcludeOptions extends JsonOption {
  readonly reason: string
  readonly source: string
  readonly until?: string
  readonly class?: readonly MessageClass[]
  readonly channel?: readonly ChannelName[]
}

export function addExclusionCommands(parent: Command, commands: Commands): void {
  command(parent, 'exclude', {
    summary: 'keep messages back from a customer, at once',
    examples: [
      'rumbo customers exclude ada --reason "asked for a rest" --until 2027-02-01',
      'rumbo customers exclude ada --reason press --class marketing --class relationship --channel email',
    ],
  })
    .argument('<customer>', WHO)
    .requiredOption('--reason <words>', 'a code or a few words, without personal data')
    .option('--source <words>', 'who or what knows', 'rumbo')
    .option('--until <instant>', 'when it ends by itself; default: when it is released', instant)
    .option(
      '--class <class>',
      'what is held; repeatable, default: marketing',
      oneOf(MESSAGE_CLASSES),
    )
    .option('--channel <channel>', 'on which channel; repeatable, default: all', oneOf(CHANNELS))
    .action(
      acting(commands, (context, [who]: [string], options: ExcludeOptions) =>
        exclude(context, who, options),
      ),
    )

  command(parent, 'release', {
    summary: 'close an exclusion, whoever opened it',
    examples: ['rumbo customers release ada complaintOpen:c-17'],
  })
    .argument('<customer>', WHO)
    .argument('<exclusion>', 'its id, as `rumbo customers show` names it')
    .action(acting(commands, (context, [who, id]: [string, string]) => release(context, who, id)))
}

async function exclude(
  { connect }: Context,
  who: string,
  { reason, source, until, class: classes, channel: channels }: ExcludeOptions,
): Promise<Answer> {
  const { client } = connect()
  const exclusion = await answerOf(
    client.v1.customers[':id'].exclusions.$post({
      param: { id: inPath(who) },
      json: {
        reason,
        source,
        ...(until === undefined ? {} : { until }),
        scope: {
          ...(classes === undefined ? {} : { classes: [...classes] }),
          ...(channels === undefined ? {} : { channels: [...channels] }),
        },
      },
    }),
  )
  return {
    json: exclusion,
    text: () => `Excluded ${untilText(exclusion)}: ${exclusion.exclusionId}`,
  }
}

async function release({ connect }: Context, who: string, id: string): Promise<Answer> {
  const { client } = connect()
  const exclusion = await answerOf(
    client.v1.customers[':id'].exclusions[':exclusionId'].$delete({
      param: { id: inPath(who), exclusionId: inPath(id) },
    }),
  )
  return { json: exclusion, text: () => `Released: ${exclusion.reason}` }
}

interface ShownExclusion {
  readonly exclusionId: string
  readonly reason: string
  readonly scope: {
    readonly classes?: readonly string[] | undefined
    readonly channels?: readonly string[] | undefined
  }
  readonly inForceFrom: string
  readonly until: string | null
  readonly source: string
}

/** What is kept back from a customer, and why. */
export const renderExclusions = (stream: Output, exclusions: readonly ShownExclusion[]): string =>
  renderTable(
    stream,
    ['excluded', 'held', 'from', 'until', 'source', 'id'],
    exclusions.map((exclusion) => [
      exclusion.reason,
      [...(exclusion.scope.classes ?? []), ...(exclusion.scope.channels ?? [])].join(', '),
      instantText(exclusion.inForceFrom),
      exclusion.until === null ? null : instantText(exclusion.until),
      exclusion.source,
      exclusion.exclusionId,
    ]),
  )

const untilText = ({ until }: { readonly until: string | null }): string =>
  until === null ? 'until it is released' : `until ${instantText(until)}`
