import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import type { JsonObject } from '../../domain/json.ts'
import type { Answer } from '../answer.ts'
import { answerOf } from '../call.ts'
import type { Context } from '../context.ts'
import { usageFailure } from '../failures.ts'
import {
  acting,
  assignment,
  command,
  instant,
  valueOf,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { renderTable } from '../table.ts'

interface SendOptions extends JsonOption {
  readonly type: 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias'
  readonly user?: string
  readonly anonymous?: string
  readonly property?: Readonly<Record<string, string>>
  readonly trait?: Readonly<Record<string, string>>
  readonly group?: string
  readonly previous?: string
  readonly at?: string
  readonly messageId?: string
  readonly historical?: boolean
  readonly wait?: boolean
}

export function addSend(parent: Command, commands: Commands): void {
  command(parent, 'send', {
    summary: 'send one event, and with --wait show what was decided',
    examples: [
      'rumbo events send "Order Completed" --user ada --property order_id=A1 --property revenue=40 --wait',
      'rumbo events send --type identify --user ada --trait plan=pro',
    ],
  })
    .argument('[event]', 'the name of the event; of calls other than track, the name of the page')
    .option('--user <id>', 'who: your id of the customer')
    .option('--anonymous <id>', 'who: an anonymous id')
    .addOption(
      new Option('--type <call>', "which of Segment's calls")
        .choices(['track', 'identify', 'page', 'screen', 'group', 'alias'])
        .default('track'),
    )
    .option('--property <name=value>', 'a property; JSON, or text; repeatable', assignment)
    .option('--trait <name=value>', 'a trait; JSON, or text; repeatable', assignment)
    .option('--group <id>', 'of a group call: the group')
    .option('--previous <id>', 'of an alias call: the id until now')
    .option('--at <instant>', 'when it happened; default: now', instant)
    .option('--message-id <id>', 'sent again under the same id, it changes nothing')
    .option('--historical', 'it changes facts and lifecycle, and starts and sends nothing')
    .option('--wait', 'wait until it is handled (5 s at most) and show what was decided')
    .action(
      acting(commands, (context, [name]: [string | undefined], options: SendOptions) =>
        send(context, name, options),
      ),
    )
}

async function send(
  { connect, stdout }: Context,
  name: string | undefined,
  options: SendOptions,
): Promise<Answer> {
  const event = eventFrom(name, options)
  const { client } = connect()
  const answer = await answerOf(
    client.v1.batch.$post(
      { query: options.wait === true ? { wait: 'handled' } : {} },
      {
        headers: { 'content-type': 'application/json' },
        init: { body: JSON.stringify({ batch: [event] }) },
      },
    ),
  )
  const { customerId, decisions } = answer
  return {
    json: { messageId: event.messageId, ...answer },
    text: () =>
      [
        `Stored under the message id ${event.messageId}${customerId == null ? '' : `, for customer ${customerId}`}.`,
        ...(decisions === undefined ? [] : [renderDecisions(stdout, decisions)]),
      ].join('\n\n'),
  }
}

/** The call as Segment writes it. */
export function eventFrom(
  name: string | undefined,
  options: SendOptions,
): JsonObject & { readonly messageId: string } {
  const { type, user, anonymous, property, trait, group, previous, at, messageId } = options
  if (user === undefined && anonymous === undefined)
    throw usageFailure('Say whose event it is: --user or --anonymous.')
  if (type === 'track' && name === undefined)
    throw usageFailure('Name the event, such as "Order Completed".')
  const isPage = type === 'page' || type === 'screen'
  return {
    type,
    messageId: messageId ?? randomUUID(),
    ...(user === undefined ? {} : { userId: user }),
    ...(anonymous === undefined ? {} : { anonymousId: anonymous }),
    ...(name !== undefined && type === 'track' ? { event: name } : {}),
    ...(name !== undefined && isPage ? { name } : {}),
    ...(property === undefined ? {} : { properties: values(property) }),
    ...(trait === undefined ? {} : { traits: values(trait) }),
    ...(group === undefined ? {} : { groupId: group }),
    ...(previous === undefined ? {} : { previousId: previous }),
    ...(at === undefined ? {} : { timestamp: at }),
    ...(options.historical === true ? { context: { historical: true } } : {}),
  }
}

const values = (given: Readonly<Record<string, string>>): JsonObject =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, valueOf(text)]))

interface Decided {
  readonly outcome: string
  readonly winner: string | null
  readonly candidates: readonly {
    readonly journey: string
    readonly version: number
    readonly fate: string
    readonly reason: string
  }[]
}

function renderDecisions(stream: Context['stdout'], decisions: readonly Decided[]): string {
  if (decisions.length === 0) return 'Nothing was to be decided.'
  return decisions
    .map(({ outcome, winner, candidates }) =>
      [
        `Decision: ${outcome}${winner === null ? '' : ` ${winner}`}`,
        renderTable(
          stream,
          ['candidate', 'fate', 'reason'],
          candidates.map(({ journey, version, fate, reason }) => [
            `${journey}@${version}`,
            fate,
            reason,
          ]),
        ),
      ].join('\n'),
    )
    .join('\n\n')
}
