import type { Transaction } from 'kysely'
import { lockProfiles, type LockedProfile } from '../db/customer-profiles.ts'
import { getRuleBook, lockRuleBookShared } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { lockSurvivors } from '../db/survivors.ts'
import { insertSystemEvents } from '../db/system-events.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'

/** Customers who are to be told something, under lock. */
export interface Listeners {
  readonly book: RuleBook
  readonly profiles: readonly LockedProfile[]
}

/**
 * Whoever these customers are by now, without those who are being forgotten.
 *
 * Locks: the rule book, then the customers by id, as ingest does.
 */
export async function lockListeners(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<Listeners> {
  const book = await getRuleBook(trx, await lockRuleBookShared(trx))
  const survivors = await lockSurvivors(trx, customerIds)
  const profiles = await lockProfiles(trx, [...new Set(survivors.values())])
  return { book, profiles: profiles.filter(({ isErasing }) => !isErasing) }
}

/**
 * Puts an event of ours into the log of each, behind what is there; what no rule names goes no further than
 * the log. Answers how many were not told under that message id before.
 */
export async function tellCustomers(
  trx: Transaction<Database>,
  { book, profiles }: Listeners,
  event: {
    readonly name: string
    readonly properties: JsonObject
    readonly nowMs: number
    readonly messageIdOf: (customerId: string) => string
  },
): Promise<number> {
  const { name, properties, nowMs, messageIdOf } = event
  const fresh = await insertSystemEvents(
    trx,
    book,
    profiles.map((profile) => ({
      profile,
      name,
      properties,
      messageId: messageIdOf(profile.customerId),
      atMs: nowMs + profile.clockOffsetMs,
    })),
  )
  return fresh.size
}
