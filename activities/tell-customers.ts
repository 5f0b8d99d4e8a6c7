import type { Transaction } from 'kysely'
import { lockProfiles, type LockedProfile } from '../db/customer-profiles.ts'
import { insertEvents } from '../db/event-log.ts'
import { getRuleBook, lockRuleBookShared } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { lockSurvivors } from '../db/survivors.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'
import { own } from '../domain/own.ts'

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
  if (profiles.length === 0) return 0
  const { name, properties, nowMs, messageIdOf } = event
  const passes = own(book.events, name) !== undefined
  const seqs = await insertEvents(
    trx,
    profiles.map((profile) => ({
      messageId: messageIdOf(profile.customerId),
      customerId: profile.customerId,
      type: 'track',
      name,
      properties,
      traits: null,
      context: null,
      payload: null,
      facts: passes && profile.unheard ? currentFacts(profile, book) : null,
      historical: false,
      occurredAtMs: nowMs + profile.clockOffsetMs,
      receivedAtMs: nowMs + profile.clockOffsetMs,
      status: passes ? 'pending' : 'filtered',
    })),
  )
  return seqs.size
}
