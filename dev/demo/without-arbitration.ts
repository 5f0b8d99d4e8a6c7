import type { Journey } from '../../domain/journeys/journey.ts'
import type { DemoCustomer } from './customers.ts'
import { mailsAfterReturn } from './figures.ts'
import { playCustomer } from './play.ts'

const DAY_MS = 24 * 3_600_000
const RETURN_EVENT = 'Order Refunded'

export interface PlannedMail {
  readonly journey: string
  readonly message: string
  readonly atMs: number
}

/** The instants at which a customer sent something back. */
export function returnsOf({ events }: DemoCustomer): number[] {
  return events.filter(({ event }) => event === RETURN_EVENT).map(({ atMs }) => atMs)
}

/** Journeys that answer a return: their mails after one are wanted. */
export function answersReturn(journey: Journey): boolean {
  return journey.entry.on.some((trigger) => 'event' in trigger && trigger.event === RETURN_EVENT)
}

/**
 * How many mails a system without arbitration would have sent to people who had just returned
 * something: every journey for itself and without its exits, its mails due in the 7 days after a
 * return. Journeys that answer the return are left out.
 *
 * Source: the same `advance()` as on the engine, under a virtual clock.
 */
export function mailsToReturnersWithoutArbitration(
  journeys: readonly Journey[],
  customers: readonly DemoCustomer[],
): number {
  let mails = 0
  for (const customer of customers) {
    const returnsAtMs = returnsOf(customer)
    if (returnsAtMs.length === 0) continue
    const untilMs = Math.max(...returnsAtMs) + 7 * DAY_MS
    mails += mailsAfterReturn(mailsWithoutArbitration(journeys, customer, untilMs), returnsAtMs)
  }
  return mails
}

/** The mails that journeys unaware of each other would send one customer, by journey, then by time. */
export function mailsWithoutArbitration(
  journeys: readonly Journey[],
  customer: DemoCustomer,
  untilMs: number,
): PlannedMail[] {
  return journeys
    .filter((journey) => !answersReturn(journey))
    .flatMap(({ exit: _exit, ...endless }) => playCustomer([endless], customer, untilMs).deliveries)
    .filter(({ channel }) => channel === 'email')
    .map(({ journey, message, nowMs }) => ({ journey, message, atMs: nowMs }))
}
