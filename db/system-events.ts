import type { Transaction } from 'kysely'
import { currentFacts } from '../domain/customers/fact-change.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'
import type { LockedProfile } from './customer-profiles.ts'
import { insertEvents } from './event-log.ts'
import type { Database } from './schema.ts'

/** Something that happened in the system itself, as an event of the customer. */
export interface SystemEvent {
  readonly name: string
  readonly messageId: string
  readonly properties: JsonObject
  /** On the customer's clock. */
  readonly atMs: number
}

/**
 * Puts events of ours into the logs of locked customers, behind what is there. Where no rule names one it
 * goes no further than the log. Answers the message ids that are new: the same one again changes nothing.
 */
export async function insertSystemEvents(
  trx: Transaction<Database>,
  book: RuleBook,
  events: readonly (SystemEvent & { readonly profile: LockedProfile })[],
): Promise<ReadonlySet<string>> {
  if (events.length === 0) return new Set()
  const seqs = await insertEvents(
    trx,
    events.map(({ profile, name, messageId, properties, atMs }) => {
      const isHeard = Object.hasOwn(book.events, name)
      return {
        messageId,
        customerId: profile.customerId,
        type: 'track',
        name,
        properties,
        traits: null,
        context: null,
        payload: null,
        facts: isHeard && profile.unheard ? currentFacts(profile, book) : null,
        historical: false,
        occurredAtMs: atMs,
        receivedAtMs: atMs,
        status: isHeard ? ('pending' as const) : ('filtered' as const),
      }
    }),
  )
  return new Set(seqs.keys())
}
