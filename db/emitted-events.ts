import { sql, type Kysely, type Transaction } from 'kysely'
import type { EmittedEvent } from '../domain/actor/effects.ts'
import { EMITTED_SOURCE } from '../domain/actor/log-items.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { insertEvents } from './event-log.ts'
import type { Database } from './schema.ts'

/**
 * Appends events that a customer's journeys made. The same event again changes nothing. The caller
 * holds the book in force and, as everybody who appends to a log, the customer's row.
 */
export async function insertEmitted(
  trx: Transaction<Database>,
  book: RuleBook,
  customerId: string,
  emitted: readonly EmittedEvent[],
): Promise<void> {
  await insertEvents(
    trx,
    emitted.map(({ emitId, name, properties, atMs, depth, journey, version, step }) => ({
      messageId: emitId,
      customerId,
      type: 'track',
      name,
      properties,
      traits: null,
      source: EMITTED_SOURCE,
      context: { source: EMITTED_SOURCE, journey, version, step, depth },
      // Where the dispatcher finds it. A context may be a caller's, a payload never is.
      payload: { depth },
      facts: null,
      historical: false,
      occurredAtMs: atMs,
      receivedAtMs: atMs,
      status: Object.hasOwn(book.events, name) ? 'pending' : 'filtered',
    })),
  )
}

/** Whether every one of these is in the log and, where a rule names it, has been handed to the actor. */
export async function haveArrived(
  db: Kysely<Database>,
  emitIds: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ arrived: number }>`
    select count(*)::int as arrived
    from events e
    left join batches b on b.customer_id = e.customer_id and b.n = e.batch
    where e.message_id = any(${emitIds}::text[])
      and (e.status = 'filtered'
        or (e.status = 'batched' and (b.n is null or b.delivered_at is not null)))
  `.execute(db)
  return (rows[0]?.arrived ?? 0) >= new Set(emitIds).size
}
