import { pipeline } from 'node:stream/promises'
import type { RecordedEvent } from '../../domain/backtest/recorded.ts'
import { readOrderEvents } from './order-file.ts'
import { readRetailEvents } from './retail-events.ts'

// `node dev/demo/order-events.ts [online_retail.csv.gz] > orders.ndjson`: the orders and returns that the
// project carries, or those of the full file, as calls that `rumbo` reads without a mapping.

const path = process.argv[2]
await pipeline(
  linesOf(path === undefined ? readOrderEvents() : readRetailEvents(path)),
  process.stdout,
)

async function* linesOf(events: AsyncIterable<RecordedEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`
}
