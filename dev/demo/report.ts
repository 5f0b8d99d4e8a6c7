import { totalOf, type JourneyFigures, type TimelineLine } from './figures.ts'

/** Everything that the demo says at its end. */
export interface DemoReport {
  readonly customers: number
  readonly figures: ReadonlyMap<string, JourneyFigures>
  /** How that compares with the same under a virtual clock, as lines. */
  readonly comparison: readonly string[]
  readonly afterReturn: {
    /** Customers who sent something back. */
    readonly people: number
    /** Mails they got in the 7 days after it, those about the return left out. */
    readonly sent: number
    /** Mails that journeys unaware of each other would have sent them in that time. */
    readonly withoutArbitration: number
  }
  readonly story: { readonly name: string; readonly timeline: readonly TimelineLine[] }
  readonly links: readonly { readonly label: string; readonly url: string }[]
}

const COLUMNS: readonly { readonly title: string; readonly figure: keyof JourneyFigures }[] = [
  { title: 'entered', figure: 'entered' },
  { title: 'completed', figure: 'completed' },
  { title: 'ended early', figure: 'endedEarly' },
  { title: 'switched away', figure: 'switched' },
  { title: 'resumed', figure: 'resumed' },
  { title: 'queued', figure: 'queued' },
  { title: 'mails sent', figure: 'mails' },
]

/** The demo's closing text: the table, what arbitration saved, one customer's story, where to look. */
export function renderReport(report: DemoReport): string {
  const { people, sent, withoutArbitration } = report.afterReturn
  return [
    `${report.customers} customers, two weeks`,
    '',
    renderFigures(report.figures),
    '',
    ...report.comparison,
    '',
    `Mails to the ${people} people who had just returned something (7 days, those about the return left out)`,
    ...aligned([
      ['  without arbitration', String(withoutArbitration)],
      ['  sent', String(sent)],
    ]),
    '',
    `The story of ${report.story.name}`,
    '',
    renderStory(report.story.timeline),
    '',
    ...aligned(report.links.map(({ label, url }) => [label, url])),
  ].join('\n')
}

/** One line per journey and one for all, numbers right-aligned under their titles. */
export function renderFigures(figures: ReadonlyMap<string, JourneyFigures>): string {
  const rows: [string, JourneyFigures][] = [...figures, ['all', totalOf(figures.values())]]
  const nameWidth = Math.max(...rows.map(([name]) => name.length), 'journey'.length)
  const head = ['journey'.padEnd(nameWidth), ...COLUMNS.map(({ title }) => title)].join('  ')
  const lines = rows.map(([name, row]) =>
    [
      name.padEnd(nameWidth),
      ...COLUMNS.map(({ title, figure }) => String(row[figure]).padStart(title.length)),
    ].join('  '),
  )
  const rule = '─'.repeat(head.length)
  return [head, rule, ...lines.slice(0, -1), rule, ...lines.slice(-1)].join('\n')
}

/** A customer's timeline as it happened, oldest first; the day stands where it changes. */
export function renderStory(newestFirst: readonly TimelineLine[]): string {
  const kindWidth = Math.max(0, ...newestFirst.map(({ kind }) => kind.length))
  let lastDay = ''
  return newestFirst
    .toReversed()
    .map(({ at, kind, summary }) => {
      const day = dayOf(at)
      const shown = day === lastDay ? ' '.repeat(day.length) : day
      lastDay = day
      return `${shown}  ${at.slice(11, 16)}  ${kind.padEnd(kindWidth)}  ${summary}`
    })
    .join('\n')
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

function dayOf(at: string): string {
  return `${WEEKDAYS[new Date(at).getUTCDay()] ?? ''} ${at.slice(0, 10)}`
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`)
}
