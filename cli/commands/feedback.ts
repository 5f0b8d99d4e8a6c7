import type { Command } from 'commander'
import { REACTION_GROUPS, type ReactionGroup } from '../../domain/feedback/reaction-groups.ts'
import { CHANNELS, type ChannelName } from '../../domain/journeys/values.ts'
import type { Answer } from '../answer.ts'
import { answerOf } from '../call.ts'
import type { Context } from '../context.ts'
import { usageFailure } from '../failures.ts'
import {
  acting,
  command,
  instant,
  wholeNumber,
  type Commands,
  type JsonOption,
} from '../options.ts'
import { renderTable } from '../table.ts'

interface RateOptions extends JsonOption {
  readonly by: string
  readonly journey?: string
  readonly version?: number
  readonly message?: string
  readonly channel?: string
  readonly from?: string
  readonly to?: string
}

/** What people did with what was sent. */
export function addFeedbackCommands(parent: Command, commands: Commands): void {
  command(parent, 'rates', {
    summary: 'show what came back of what was sent: bounces, complaints, opens, clicks',
    examples: [
      'rumbo feedback rates --by channel',
      'rumbo feedback rates --by variant --journey welcome --from 2026-11-01 --to 2026-12-01',
    ],
  })
    .option('--by <what>', `a row for each ${REACTION_GROUPS.join(', ')}`, 'message')
    .option('--journey <key>', 'only of this journey')
    .option('--version <n>', 'only of this version', wholeNumber(1))
    .option('--message <name>', 'only this message')
    .option('--channel <name>', 'only on this channel')
    .option(
      '--from <instant>',
      'sent from this instant on (default: 28 days before the end)',
      instant,
    )
    .option('--to <instant>', 'this instant is not in it (default: now)', instant)
    .action(acting(commands, (context, _: [], options: RateOptions) => rates(context, options)))
}

async function rates({ connect, stdout }: Context, options: RateOptions): Promise<Answer> {
  const { by, channel, version, journey, message, from, to } = options
  const { client } = connect()
  const report = await answerOf(
    client.v1.reports.reactions.$get({
      query: {
        by: oneOf<ReactionGroup>('--by', by, REACTION_GROUPS),
        ...(channel === undefined
          ? {}
          : { channel: oneOf<ChannelName>('--channel', channel, CHANNELS) }),
        ...(version === undefined ? {} : { version: String(version) }),
        ...(journey === undefined ? {} : { journey }),
        ...(message === undefined ? {} : { message }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      },
    }),
  )
  return {
    json: report,
    text: () =>
      report.data.length === 0
        ? 'Nothing was sent.'
        : renderTable(
            stdout,
            [
              by,
              'sent',
              'unknown',
              'delivered',
              'bounced',
              'confirmed',
              'complained',
              'unsubscribed',
              ...OPENED,
            ],
            report.data.map((group) => [
              nameOf(group),
              group.sent,
              group.unknown,
              group.delivered,
              shareText(group.bounced),
              shareText(group.confirmed),
              shareText(group.complained),
              shareText(group.unsubscribed),
              shareText(group.opened),
              shareText(group.machineOpened),
              shareText(group.clicked),
              shareText(group.clickedOfOpened),
            ]),
          ),
  }
}

const OPENED = ['opened', 'by machines', 'clicked', 'of opened']

function oneOf<T extends string>(option: string, text: string, all: readonly T[]): T {
  const found = all.find((each) => each === text)
  if (found === undefined) throw usageFailure(`${option} is one of ${all.join(', ')}.`)
  return found
}

interface Group {
  readonly journey: string | null
  readonly version: number | null
  readonly message: string | null
  readonly variant: string | null
  readonly channel: string | null
  readonly day: string | null
}

const nameOf = ({ journey, version, message, variant, channel, day }: Group): string =>
  [version === null ? journey : `${journey}@${version}`, message, variant, channel, day]
    .filter((part) => part !== null)
    .join(' ')

/** `12.3 % (10.1–14.9)`: the share, and between which ones the true one lies. */
function shareText({
  rate,
  low,
  high,
}: {
  readonly rate: number | null
  readonly low: number | null
  readonly high: number | null
}): string | null {
  if (rate === null || low === null || high === null) return null
  const percent = (share: number): string => (share * 100).toFixed(1)
  return `${percent(rate)} % (${percent(low)}–${percent(high)})`
}
