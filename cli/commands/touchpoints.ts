import type { Command } from 'commander'
import type { Answer } from '../answer.ts'
import { answerOf, everyPage, inPath } from '../call.ts'
import type { Context } from '../context.ts'
import { acting, command, wholeNumber, type Commands, type JsonOption } from '../options.ts'
import { instantText, renderTable } from '../table.ts'

const DAYS = 28

interface TellOptions extends JsonOption {
  readonly channel?: string
  readonly title?: string
  readonly owner?: string
  readonly every?: string
}

/** Where events come from, and whose that is. */
export function addTouchpointCommands(parent: Command, commands: Commands): void {
  command(parent, 'list', {
    summary: 'show where events come from, how many, and who has fallen silent',
    examples: ['rumbo touchpoints list', 'rumbo touchpoints list --days 7 --json'],
  })
    .option('--days <n>', 'count so many days, today among them', wholeNumber(1), DAYS)
    .action(
      acting(commands, (context, _: [], { days }: JsonOption & { days: number }) =>
        list(context, days),
      ),
    )

  command(parent, 'tell', {
    summary: 'tell whose a source is, and how often to expect something of it',
    examples: [
      'rumbo touchpoints tell pos --owner "store systems" --every P1D',
      'rumbo touchpoints tell pos --channel airport --owner "airport shop" --every PT1H',
    ],
  })
    .argument('<source>', 'as in context.source')
    .option(
      '--channel <name>',
      'only of this channel (default: of all without a word of their own)',
    )
    .option('--title <text>', 'what people call it')
    .option('--owner <text>', 'who is asked when it is silent')
    .option('--every <duration>', 'longer than this without an event is unusual, e.g. P1D')
    .action(
      acting(commands, (context, [source]: [string], options: TellOptions) =>
        tell(context, source, options),
      ),
    )
}

async function list({ connect, stdout }: Context, days: number): Promise<Answer> {
  const { touchpoints } = connect().client.v1
  const data = await everyPage((page) =>
    answerOf(touchpoints.$get({ query: { ...page, days: String(days) } })),
  )
  return {
    json: { data },
    text: () =>
      data.length === 0
        ? 'No event has come yet.'
        : renderTable(
            stdout,
            ['source', 'channel', 'event', 'came', 'last', 'owner', ''],
            data.flatMap((each) => rowsOf(each)),
          ),
  }
}

interface Shown {
  readonly source: string
  readonly channel: string | null
  readonly owner: string | null
  readonly events: readonly {
    readonly event: string
    readonly count: number
    readonly lastSeenAt: string
  }[]
  readonly silentSince: string | null
}

/** One for each event; what is of the touchpoint stands in the first. */
function rowsOf({ source, channel, owner, events, silentSince }: Shown): (string | number)[][] {
  const names = [source, channel ?? '']
  const silence = silentSince === null ? '' : `silent since ${instantText(silentSince)}`
  const rows = events.map(({ event, count, lastSeenAt }) => [event, count, instantText(lastSeenAt)])
  return (rows.length === 0 ? [['', 0, 'never']] : rows).map((row, index) =>
    index === 0 ? [...names, ...row, owner ?? '', silence] : ['', '', ...row, '', ''],
  )
}

async function tell({ connect }: Context, source: string, options: TellOptions): Promise<Answer> {
  const { channel, title, owner, every } = options
  const told = await answerOf(
    connect().client.v1.touchpoints[':source'].$put({
      param: { source: inPath(source) },
      json: {
        ...(channel === undefined ? {} : { channel }),
        ...(title === undefined ? {} : { title }),
        ...(owner === undefined ? {} : { owner }),
        ...(every === undefined ? {} : { expectedEvery: every }),
      },
    }),
  )
  const isForgotten = told.title === null && told.owner === null && told.expectedEvery === null
  const name = [told.source, ...(told.channel === null ? [] : [told.channel])].join('/')
  return {
    json: told,
    text: () => (isForgotten ? `Nothing is told of ${name} any more.` : `Told of ${name}.`),
  }
}
