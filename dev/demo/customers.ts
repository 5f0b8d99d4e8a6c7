import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../domain/json.ts'
import { nameOf } from './names.ts'
import {
  firstFortnight,
  firstPurchaseAtMs,
  isReturn,
  type RetailCustomer,
  type RetailExtract,
  type RetailInvoice,
} from './retail-data.ts'
import { mondayAfter, weeksShiftMs } from './shift.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Thursday of the second week, 10:00 UTC: by then most are in the middle of something. */
const FLASH_SALE_AFTER_MS = 10 * DAY_MS + 10 * HOUR_MS
const BIRTHDAY_EVERY = 6
const NO_CONSENT_EVERY = 10
/** Of the silent customers, every third is moved on to the deadline of *at risk*. */
const MOVED_ON_EVERY = 3

/** A real customer's two weeks under a made-up name, as the demo sends them. */
export interface DemoCustomer {
  readonly userId: string
  /** The customer's number in the data set. */
  readonly sourceId: string
  readonly traits: {
    readonly firstName: string
    readonly lastName: string
    readonly email: string
    readonly country: string
    readonly timezone: 'UTC'
  }
  /** To be recorded once the clock stands at `startsAtMs`. Empty: nobody ever asked. */
  readonly consents: readonly DemoConsent[]
  /** Monday 00:00 UTC before the first event: where the clock is moved first. */
  readonly startsAtMs: number
  /** In order of time. */
  readonly events: readonly DemoEvent[]
  /** Silent after the first purchase, and to be moved on, without events, until *at risk*. */
  readonly movedOn: boolean
}

export interface DemoConsent {
  readonly purpose: 'marketing'
  readonly channel: 'email'
  readonly granted: boolean
}

export interface DemoEvent {
  readonly messageId: string
  readonly event: 'Order Completed' | 'Order Refunded' | 'Birthday' | 'Flash Sale Opened'
  readonly atMs: number
  readonly properties: JsonObject
}

/** The extract that the project carries. */
export function readRetailExtract(): RetailExtract {
  const url = new URL('../../examples/data/online-retail.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as RetailExtract
}

/**
 * The demo's cast, in order of the customers' numbers. `runId` makes ids and addresses new; no
 * instant, product, consent or choice depends on it.
 */
export function demoCustomers(
  extract: RetailExtract,
  { nowMs, runId }: { nowMs: number; runId: string },
): DemoCustomer[] {
  let silent = 0
  return extract.customers.map((customer, index) => {
    const { bought, returned } = firstFortnight(customer)
    const isSilent = !bought && !returned
    const { firstName, lastName } = nameOf(index)
    return {
      userId: `demo-${runId}-${customer.customerId}`,
      sourceId: customer.customerId,
      traits: {
        firstName,
        lastName,
        email: `${firstName}.${lastName}.${runId}@example.com`.toLowerCase(),
        country: customer.country,
        timezone: 'UTC',
      },
      consents: consentsOf(index),
      startsAtMs: mondayAfter(nowMs),
      events: eventsOf(customer, index, { nowMs, runId }),
      movedOn: isSilent && silent++ % MOVED_ON_EVERY === 0,
    }
  })
}

/** Most have said yes; one in ten has not, half of them were never asked. */
function consentsOf(index: number): DemoConsent[] {
  if (index % NO_CONSENT_EVERY !== NO_CONSENT_EVERY - 1) {
    return [{ purpose: 'marketing', channel: 'email', granted: true }]
  }
  const wasAsked = index % (2 * NO_CONSENT_EVERY) === NO_CONSENT_EVERY - 1
  return wasAsked ? [{ purpose: 'marketing', channel: 'email', granted: false }] : []
}

function eventsOf(
  customer: RetailCustomer,
  index: number,
  { nowMs, runId }: { nowMs: number; runId: string },
): DemoEvent[] {
  const firstAtMs = firstPurchaseAtMs(customer) ?? 0
  const shiftMs = weeksShiftMs(firstAtMs, nowMs)
  const idOf = (name: string) => `demo-${runId}-${customer.customerId}-${name}`
  const events: DemoEvent[] = customer.invoices.map((invoice) => ({
    messageId: idOf(invoice.invoiceNo),
    event: isReturn(invoice) ? 'Order Refunded' : 'Order Completed',
    atMs: Date.parse(invoice.at) + shiftMs,
    properties: orderOf(invoice),
  }))
  events.push({
    messageId: idOf('flash-sale'),
    event: 'Flash Sale Opened',
    atMs: mondayAfter(nowMs) + FLASH_SALE_AFTER_MS,
    properties: { made_up: true, sale: 'The weekend sale', ends_on: 'Sunday' },
  })
  if (index % BIRTHDAY_EVERY === 0) {
    events.push({
      messageId: idOf('birthday'),
      event: 'Birthday',
      atMs: birthdayAtMs(customer, firstAtMs) + shiftMs,
      properties: { made_up: true },
    })
  }
  // Events of one instant keep the order of the invoices: sorting is stable.
  return events.sort((a, b) => a.atMs - b.atMs)
}

/** The morning after a return where there is one, so that a birthday meets a lock; else the fifth morning. */
function birthdayAtMs(customer: RetailCustomer, firstAtMs: number): number {
  const returned = customer.invoices.find(isReturn)
  const [fromMs, days] = returned === undefined ? [firstAtMs, 5] : [Date.parse(returned.at), 1]
  return Math.floor(fromMs / DAY_MS) * DAY_MS + days * DAY_MS + 7 * HOUR_MS
}

/** The properties of an order or a return. */
export function orderOf(invoice: RetailInvoice): JsonObject {
  const products = invoice.lines.map((line) => ({
    product_id: line.stockCode,
    name: line.description,
    quantity: line.quantity,
    price: line.unitPrice,
  }))
  if (isReturn(invoice)) return { order_id: invoice.invoiceNo, products }
  // In pence, so that the sum is exact.
  const pence = invoice.lines.reduce(
    (sum, line) => sum + Math.round(line.unitPrice * 100) * line.quantity,
    0,
  )
  return { order_id: invoice.invoiceNo, revenue: pence / 100, currency: 'GBP', products }
}
