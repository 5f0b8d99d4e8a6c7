import type { PendingEvent } from '../db/event-log.ts'
import type { RuleBookRow } from '../db/rule-book-in-force.ts'
import type { BatchItem, EventBatch } from '../domain/actor/inputs.ts'
import { itemsOf, rulesFor, type LogRow } from '../domain/actor/log-items.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'

/** Rows of the log in one batch. */
export const BATCH_EVENTS_MAX = 200
const BATCH_BYTES_MAX = 256 * 1024

/**
 * The next batch of one customer: as many of the waiting rows, in their order, as fit, reduced to
 * what the book in force names; and the entry rules that they could trigger. `seqs` are the rows taken.
 *
 * Shape: `events` n ≥ 1, in the order in which they are to be heard → at least the first one, at most
 * `BATCH_EVENTS_MAX` rows and 256 KB, and none after a `leave`.
 */
export function composeBatch(input: {
  readonly n: number
  readonly book: RuleBook
  readonly entryRules: RuleBookRow['entry_rules']
  readonly events: readonly PendingEvent[]
}): { batch: EventBatch; seqs: number[] } {
  const { n, book, entryRules, events } = input
  const items: BatchItem[] = []
  const seqs: number[] = []
  let bytes = 0
  for (const event of events.slice(0, BATCH_EVENTS_MAX)) {
    const more = itemsOf(toRow(event), book)
    bytes += Buffer.byteLength(JSON.stringify(more))
    if (seqs.length > 0 && bytes > BATCH_BYTES_MAX) break
    items.push(...more)
    seqs.push(event.seq)
    // What comes after it is not this customer's any more.
    if (event.type === 'leave') break
  }
  const batch = { n, bookHash: book.hash, entryRules: rulesFor(items, entryRules), items }
  return { batch, seqs }
}

const toRow = ({ occurredAt, receivedAt, ...row }: PendingEvent): LogRow => ({
  ...row,
  occurredAtMs: occurredAt.getTime(),
  receivedAtMs: receivedAt.getTime(),
})
