import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import type { RecordedEvent } from '../../domain/backtest/recorded.ts'
import type { JsonObject } from '../../domain/json.ts'
import { isReturn } from './retail-data.ts'

/** The first line of `examples/data/online-retail-orders.csv`. */
export const ORDERS_HEADER = 'customer,invoice,at,pence,items,products'

/** The orders and returns of the whole data set that the project carries. */
export const ORDERS_FILE = new URL(
  '../../examples/data/online-retail-orders.csv.gz',
  import.meta.url,
)

/** One line of that file. */
export interface OrderLine {
  readonly customer: string
  readonly invoice: string
  /** For example `2011-03-04T08:26Z`. */
  readonly at: string
  /** What an order is worth; null for a return. */
  readonly pence: number | null
  readonly items: number
  /** Of a return, all; of an order, those that the customer returns at some time. */
  readonly products: readonly string[]
}

/** The file as events, in the order of time. */
export async function* readOrderEvents(
  path: string | URL = ORDERS_FILE,
): AsyncGenerator<RecordedEvent> {
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) })
  for await (const line of lines) if (line !== ORDERS_HEADER) yield toEvent(parseLine(line))
}

/** A line as it stands in the file. */
export function formatLine({ customer, invoice, at, pence, items, products }: OrderLine): string {
  return [customer, invoice, at, pence ?? '', items, products.join(' ')].join(',')
}

function parseLine(line: string): OrderLine {
  const [customer, invoice, at, pence, items, products, ...more] = line.split(',')
  if (customer === undefined || invoice === undefined || at === undefined || more.length > 0)
    throw new Error(`This is not a line of the file of orders: ${line}`)
  return {
    customer,
    invoice,
    at,
    pence: pence === '' ? null : Number(pence),
    items: Number(items),
    products: products === undefined || products === '' ? [] : products.split(' '),
  }
}

function toEvent({ customer, invoice, at, pence, items, products }: OrderLine): RecordedEvent {
  const properties: JsonObject = {
    order_id: invoice,
    items,
    products: products.map((product_id) => ({ product_id })),
  }
  const isBack = isReturn({ invoiceNo: invoice })
  return {
    userId: customer,
    event: isBack ? 'Order Refunded' : 'Order Completed',
    timestamp: at.replace('Z', ':00Z'),
    messageId: invoice,
    properties: isBack
      ? properties
      : { ...properties, revenue: (pence ?? 0) / 100, currency: 'GBP' },
  }
}
