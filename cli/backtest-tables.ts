import type {
  BacktestComparison,
  BacktestReport,
  Counts,
  JourneyFigures,
} from '../domain/backtest/report.ts'
import { painter, type Output } from './context.ts'
import { instantText, renderPairs, renderTable } from './table.ts'

const DAYS_SHOWN_MAX = 31

/** A report, or two side by side, as tables. */
export function renderBacktest(
  stream: Output,
  report: BacktestReport | BacktestComparison,
): string {
  return 'a' in report ? renderComparison(stream, report) : renderReport(stream, report)
}

function renderReport(stream: Output, report: BacktestReport): string {
  const { window, customers, events, journeys, sent, switches, load, happened } = report
  const { withoutArbitration, collisions } = report
  return parts([
    renderPairs(stream, [
      ['window', `${instantText(window.from)} to ${instantText(window.to)}`],
      [
        'customers',
        `${customers.played} played, ${customers.entered} entered a journey, ${customers.messaged} got a message`,
      ],
      ['events', `${events.window} in the window, ${events.history} before it`],
      ['sent', `${sent.total}${countsText(sent.byChannel)}`],
      [
        'without arbitration',
        `${withoutArbitration.sent} sent, ${withoutArbitration.inTwoAtOnce} customers in two journeys at once`,
      ],
      ['collisions', `${collisions.withArbitration}, and ${collisions.avoided} avoided`],
      [
        'busiest hour',
        load.busiest === null
          ? null
          : `${load.busiest.hour} UTC: ${load.busiest.sent} messages; the median hour: ${load.median}`,
      ],
    ]),
    renderTable(
      stream,
      [
        'journey',
        'lane',
        'entered',
        'completed',
        'ended early',
        'still in',
        'goal',
        'paused',
        'resumed',
        'queued',
        'sent',
        'alone: entered',
        'alone: sent',
      ],
      journeys.map((figures) => [
        nameOf(figures),
        figures.lane,
        figures.entered,
        figures.completed,
        figures.entered - figures.completed - figures.open,
        figures.open,
        figures.goal.reached,
        figures.paused,
        figures.resumed,
        figures.queued,
        sumOf(figures.sent),
        figures.alone.entered,
        figures.alone.sent,
      ]),
    ),
    renderTable(
      stream,
      ['journey', 'step', 'visits'],
      journeys.flatMap((figures) =>
        Object.entries(figures.steps).map(([step, visits]) => [nameOf(figures), step, visits]),
      ),
    ),
    renderTable(
      stream,
      ['journey', 'turned away by', 'times'],
      journeys.flatMap((figures) =>
        Object.entries(figures.turnedAway).map(([gate, times]) => [nameOf(figures), gate, times]),
      ),
    ),
    renderTable(
      stream,
      ['switched from', 'to', 'because of', 'the first was', 'times'],
      switches.map(({ from, to, by, left, count }) => [from, to, by, left, count]),
    ),
    renderDays(stream, sent.byDay),
    happened === null
      ? ''
      : renderTable(
          stream,
          ['really sent', 'channel', 'messages'],
          happened.sent.map(({ journey, channel, count }) => [journey, channel, count]),
        ),
  ])
}

/** Days while they fit a screen, else months. */
function renderDays(stream: Output, byDay: Counts): string {
  const days = Object.entries(byDay)
  if (days.length <= DAYS_SHOWN_MAX) return renderTable(stream, ['day', 'messages'], days)
  const months = new Map<string, number>()
  for (const [day, count] of days) {
    const month = day.slice(0, '2011-03'.length)
    months.set(month, (months.get(month) ?? 0) + count)
  }
  return renderTable(stream, ['month', 'messages'], [...months])
}

/** What is live (a), with the drafts (b), and what that changes. */
function renderComparison(stream: Output, { a, b }: BacktestComparison): string {
  const paint = painter(stream)
  const keys = [...new Set([...a.journeys, ...b.journeys].map(({ journey }) => journey))].toSorted()
  const of = ({ journeys }: BacktestReport, key: string): JourneyFigures | undefined =>
    journeys.find(({ journey }) => journey === key)
  const figures: readonly (readonly [string, (report: BacktestReport) => number])[] = [
    ['customers entered', ({ customers }) => customers.entered],
    ['customers messaged', ({ customers }) => customers.messaged],
    ['sent', ({ sent }) => sent.total],
    ['switches', ({ switches }) => switches.reduce((total, { count }) => total + count, 0)],
    ['collisions', ({ collisions }) => collisions.withArbitration],
    ['collisions avoided', ({ collisions }) => collisions.avoided],
    ['sent in the busiest hour', ({ load }) => load.busiest?.sent ?? 0],
  ]
  const perJourney: readonly (readonly [string, (figures: JourneyFigures) => number])[] = [
    ['entered', ({ entered }) => entered],
    ['completed', ({ completed }) => completed],
    ['goal', ({ goal }) => goal.reached],
    ['sent', ({ sent }) => sumOf(sent)],
  ]
  return parts([
    `${paint('bold', 'a')} is live, ${paint('bold', 'b')} has the drafts in its place; ${instantText(a.window.from)} to ${instantText(a.window.to)}, ${a.customers.played} customers.`,
    renderTable(
      stream,
      ['', 'a', 'b', 'b − a'],
      figures.map(([name, read]) => [name, read(a), read(b), signed(read(b) - read(a))]),
    ),
    renderTable(
      stream,
      ['journey', '', 'a', 'b', 'b − a'],
      keys.flatMap((key) =>
        perJourney.flatMap(([name, read]) => {
          const [before = 0, after = 0] = [of(a, key), of(b, key)].map((found) =>
            found === undefined ? 0 : read(found),
          )
          if (before === 0 && after === 0) return []
          return [[key, name, before, after, signed(after - before)]]
        }),
      ),
    ),
  ])
}

const parts = (all: readonly string[]): string => all.filter((part) => part !== '').join('\n\n')

const nameOf = ({ journey, version, draft }: JourneyFigures): string =>
  draft ? `${journey} (draft)` : `${journey}@${version}`

const sumOf = (counts: Counts): number =>
  Object.values(counts).reduce((total, count) => total + count, 0)

const countsText = (counts: Counts): string => {
  const each = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
  return each.length === 0 ? '' : ` (${each.join(', ')})`
}

const signed = (difference: number): string => (difference > 0 ? `+${difference}` : `${difference}`)
