import { backtestFile } from '../cli/backtest-file.ts'
import { readDemoJourneys } from '../dev/demo/journeys.ts'
import { readOrderEvents } from '../dev/demo/order-file.ts'
import { readRetailEvents } from '../dev/demo/retail-events.ts'
import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import type { BacktestRun } from './backtest.ts'

// One backtest in a process of its own, so that its peak of memory is its own:
// `node bench/backtest-once.ts <copies> [file.csv.gz]`, told over the channel of the parent.

const [copies = '1', file] = process.argv.slice(2)
const startedAt = performance.now()
let rows = 0
let events = 0
let readAt = startedAt

const report = await backtestFile({
  rows: multiplied(),
  journeys: readDemoJourneys(),
  fromMs: Date.parse('2010-12-01T00:00:00Z'),
  toMs: Date.parse('2012-01-01T00:00:00Z'),
  assume: { consents: [{ purpose: 'marketing', channel: 'email' }], channels: ['email'] },
})
const endedAt = performance.now()
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
const run: BacktestRun = {
  copies: Number(copies),
  rows,
  events,
  customers: report.customers.played,
  sent: report.sent.total,
  readS: (readAt - startedAt) / 1_000,
  playS: (endedAt - readAt) / 1_000,
  cpuS: (userCPUTime + systemCPUTime) / 1_000_000,
  peakMb: maxRSS / 1_024,
}
process.send?.(run)

/** Every customer as often as asked for, each time under another id. */
async function* multiplied(): AsyncGenerator<RecordedEvent> {
  const source = file === undefined ? readOrderEvents() : readRetailEvents(file, () => void rows++)
  for await (const event of source) {
    if (file === undefined) rows++
    for (let copy = 0; copy < Number(copies); copy++) {
      events++
      yield { ...event, userId: `${event.userId}~${copy}` }
    }
  }
  readAt = performance.now()
}
