import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { RecordedEvent } from '../../domain/backtest/recorded.ts'
import { orderOf } from './customers.ts'
import { goodsLine, HEADER, isGoods, parseRow } from './read-retail.ts'
import { isReturn, type RetailLine } from './retail-data.ts'

/** Rows of one invoice stand together, or at most minutes apart; by then it is complete. */
const COMPLETE_AFTER_MS = 10 * 60_000

/**
 * The full Online Retail file as events, one for each invoice with a customer: `Order Completed`, or
 * `Order Refunded` where the number begins with `C`. In the order of the file, which is that of time.
 *
 * Cost: one pass, some seconds; memory for the invoices of ten minutes.
 */
export async function* readRetailEvents(
  path: string,
  onRow: () => void = () => {},
): AsyncGenerator<RecordedEvent> {
  const open = new Map<string, OpenInvoice>()
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) })
  let oldestAtMs = Number.POSITIVE_INFINITY
  for await (const line of lines) {
    if (line === HEADER) continue
    onRow()
    const row = parseRow(line)
    if (row.customerId === '') continue
    const atMs = Date.parse(row.at)
    if (atMs - oldestAtMs > COMPLETE_AFTER_MS) {
      for (const invoice of open.values())
        if (atMs - invoice.atMs > COMPLETE_AFTER_MS) {
          open.delete(invoice.invoiceNo)
          yield toEvent(invoice)
        }
      oldestAtMs = Math.min(...[...open.values()].map((invoice) => invoice.atMs))
    }
    const { invoiceNo, customerId } = row
    const invoice = open.get(invoiceNo) ?? { invoiceNo, customerId, atMs, lines: [] }
    open.set(invoiceNo, invoice)
    invoice.atMs = Math.min(invoice.atMs, atMs)
    oldestAtMs = Math.min(oldestAtMs, atMs)
    if (isGoods(row.stockCode)) invoice.lines.push(goodsLine(row))
  }
  for (const invoice of open.values()) yield toEvent(invoice)
}

interface OpenInvoice {
  readonly invoiceNo: string
  readonly customerId: string
  atMs: number
  readonly lines: RetailLine[]
}

function toEvent({ invoiceNo, customerId, atMs, lines }: OpenInvoice): RecordedEvent {
  const at = new Date(atMs).toISOString()
  return {
    userId: customerId,
    event: isReturn({ invoiceNo }) ? 'Order Refunded' : 'Order Completed',
    timestamp: at,
    messageId: invoiceNo,
    properties: {
      ...orderOf({ invoiceNo, at, lines }),
      items: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    },
  }
}
