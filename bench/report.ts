import { styleText } from 'node:util'
import type { Latency } from './latencies.ts'
import type { Rate } from './rates.ts'
import type { Results } from './results.ts'

/** Goals of the design; where one is missed the report says so and the run still ends well. */
const GOALS = {
  quiet: 0.8,
  started: 0.4,
  sent: 0.2,
  startedP95Ms: 1_000,
  nextP95Ms: 100,
  acceptedPerSecond: 3_000,
}

type Row = readonly string[]

/** The run as tables for a person: what was wanted, what was measured, whether it is so. */
export function reportOf(results: Results): string {
  const { machine, customers, rates, coalesced, accepting, histories, calls } = results
  const { floor, quiet, started, sent, sentAndEnded } = rates
  const ratio = ({ perSecond }: Rate): number => perSecond / floor.perSecond
  const rateRow = (name: string, rate: Rate, goal?: number): Row => [
    name,
    rate.perSecond.toFixed(0),
    rate.rounds.map((round) => round.toFixed(0)).join(' '),
    ratio(rate).toFixed(2),
    ...(goal === undefined ? ['', ''] : [`≥ ${goal}`, verdict(ratio(rate) >= goal)]),
    rate.cpuMs.toFixed(1),
  ]
  const { latencies } = results
  return [
    `${machine.cpus} × ${machine.cpu}, ${machine.memoryGb} GB, Node ${machine.node}, ${machine.store}; load average before: ${machine.loadBefore.toFixed(2)}`,
    section(
      `Rates at saturation, ${customers.measured} customers, one event per signal, medians of three rounds in turns`,
      ['', 'signals/s', 'rounds', 'of floor', 'goal', '', 'our CPU ms/signal'],
      [
        rateRow('floor: bare engine counts signals', floor),
        rateRow('A  nothing to decide', quiet, GOALS.quiet),
        rateRow('B  trigger → arbitrated, started', started, GOALS.started),
        rateRow('C  trigger → first message at SMTP', sent, GOALS.sent),
        rateRow('   … → journey over in the actor', sentAndEnded),
      ],
    ),
    section(
      `Coalesced: ${coalesced.batch} events in a signal`,
      ['', 'events/s', 'rounds', 'of floor', 'our CPU ms/event'],
      [
        coalescedRow('floor', coalesced.floorEventsPerSecond, coalesced.floorEventsPerSecond),
        coalescedRow('ours', coalesced.eventsPerSecond, coalesced.floorEventsPerSecond),
      ],
    ),
    section(
      'Latency at half of each rate, in ms; ours from the answer of the API on',
      ['', 'signals/s', 'events', 'p50', 'p95', 'p99', 'goal', ''],
      [
        latencyRow('floor: sent → handled', latencies.floor),
        latencyRow('A  → handled', latencies.quiet),
        latencyRow('B  → decided, started', latencies.started, GOALS.startedP95Ms),
        latencyRow('C  → first message at SMTP', latencies.sent),
      ],
    ),
    nextSection(results.next),
    section(
      'Accepting over HTTP on loopback, from another process',
      ['', 'events/s', 'answer p50', 'p99 ms', 'API µs/event', 'client µs/event', 'goal', ''],
      accepting.map((each) => [
        each.call,
        each.eventsPerSecond.toFixed(0),
        each.answer.p50.toFixed(1),
        each.answer.p99.toFixed(1),
        each.serverCpuUs.toFixed(0),
        each.clientCpuUs.toFixed(0),
        `≥ ${GOALS.acceptedPerSecond}`,
        verdict(each.eventsPerSecond >= GOALS.acceptedPerSecond),
      ]),
    ),
    section(
      'History events on the engine, read from real histories',
      ['', 'events', 'goal', '', 'types'],
      histories.map(({ name, events, max }) => [
        name,
        String(events.length),
        `≤ ${max}`,
        verdict(events.length <= max),
        shortened(events),
      ]),
    ),
    section(
      'One actor',
      ['', '', ''],
      [
        [
          'heap per cached actor',
          results.heapKbPerActor === null
            ? 'not measured'
            : `${results.heapKbPerActor.toFixed(0)} KB`,
          '',
        ],
        ...calls.map(({ name, us }) => [
          name,
          `${us.toFixed(1)} µs`,
          `${Math.round(1e6 / us).toLocaleString('en')}/s`,
        ]),
      ],
    ),
    `Took ${results.seconds.toFixed(0)} s. How to read this: bench/README.md`,
  ].join('\n\n')
}

/** "What now?" over HTTP. */
export const nextSection = (next: Latency): string =>
  section(
    '"What now?" over HTTP under light load, in ms from the question to the answer',
    ['', 'questions/s', 'questions', 'p50', 'p95', 'p99', 'goal', ''],
    [latencyRow('live actors, ten offers', next, GOALS.nextP95Ms)],
  )

function latencyRow(name: string, latency: Latency, goalMs?: number): Row {
  return [
    name,
    latency.perSecond.toFixed(0),
    String(latency.count),
    ...[latency.p50, latency.p95, latency.p99].map((ms) => ms.toFixed(0)),
    ...(goalMs === undefined ? ['', ''] : [`p95 ≤ ${goalMs}`, verdict(latency.p95 <= goalMs)]),
  ]
}

const coalescedRow = (name: string, rate: Rate, floor: Rate): Row => [
  name,
  rate.perSecond.toFixed(0),
  rate.rounds.map((round) => round.toFixed(0)).join(' '),
  (rate.perSecond / floor.perSecond).toFixed(2),
  rate.cpuMs.toFixed(2),
]

const verdict = (isMet: boolean): string =>
  isMet ? styleText('green', 'ok') : styleText('red', 'missed')

/** `Signaled · Task ×3 …`: runs of the same type together, without what every name begins with. */
function shortened(types: readonly string[]): string {
  const runs: { name: string; count: number }[] = []
  for (const type of types) {
    const name = type.replace(/^workflowExecution|^workflow/, '').replace(/^activityTask/, 'Act')
    const last = runs.at(-1)
    if (last?.name === name) last.count++
    else runs.push({ name, count: 1 })
  }
  return runs.map(({ name, count }) => (count === 1 ? name : `${name}×${count}`)).join(' ')
}

function section(title: string, head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => plain(row[column] ?? '').length)),
  )
  const lines = all.map((row) =>
    head
      .map((_, column) => {
        const cell = row[column] ?? ''
        return cell + ' '.repeat((widths[column] ?? 0) - plain(cell).length)
      })
      .join('  ')
      .trimEnd(),
  )
  return [styleText('bold', title), ...lines.map((line) => `  ${line}`)].join('\n')
}

// oxlint-disable-next-line no-control-regex -- colours take no room
const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '')
