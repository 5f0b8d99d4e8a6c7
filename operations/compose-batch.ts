import type { PendingEvent } from '../db/event-log.ts'
import type { RuleBookRow } from '../db/rule-book-in-force.ts'
import type { BatchItem, EventBatch } from '../domain/actor/inputs.ts'
import { invariant } from '../domain/errors.ts'
import type { EntryRule } from '../domain/journeys/journey.ts'
import { projectProperties } from '../domain/journeys/property-shape.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'

/** Rows of the log in one batch. */
export const BATCH_EVENTS_MAX = 200
const BATCH_BYTES_MAX = 256 * 1024

/**
 * The next batch of one customer: as many of the waiting rows, in their order, as fit, reduced to
 * what the book in force names; and the entry rules that they could trigger. `seqs` are the rows taken.
 *
 * Shape: `events` n ≥ 1, by sequence number → at least the first one, at most `BATCH_EVENTS_MAX`
 * rows and 256 KB.
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
    const more = toItems(event, book)
    bytes += Buffer.byteLength(JSON.stringify(more))
    if (seqs.length > 0 && bytes > BATCH_BYTES_MAX) break
    items.push(...more)
    seqs.push(event.seq)
  }
  const batch = { n, bookHash: book.hash, entryRules: rulesFor(items, entryRules), items }
  return { batch, seqs }
}

/** A command that is the first thing an actor hears of a customer says before it what is known. */
function toItems(event: PendingEvent, book: RuleBook): BatchItem[] {
  const { seq, type, name, facts } = event
  const receivedAtMs = event.receivedAt.getTime()
  const known: BatchItem[] = facts === null ? [] : [{ type: 'facts', seq, receivedAtMs, facts }]
  if (type === 'consent' || type === 'exit')
    return [...known, { type, seq, receivedAtMs, ...payloadOf(event) } as BatchItem]
  // The book may have dropped the name since the event was let through: then only its facts matter.
  const kept = name !== null && Object.hasOwn(book.events, name) ? book.events[name] : undefined
  if (name === null || (kept === undefined && facts !== null)) return known
  return [
    {
      type: 'event',
      seq,
      name,
      occurredAtMs: event.occurredAt.getTime(),
      receivedAtMs,
      ...(event.historical ? { historical: true as const } : {}),
      properties: kept === undefined ? {} : projectProperties(event.properties, kept.properties),
      ...(facts === null ? {} : { facts }),
    },
  ]
}

function payloadOf({ payload }: PendingEvent): object {
  invariant(payload !== null, 'a command in the log says what it commands')
  return payload
}

function rulesFor(
  items: readonly BatchItem[],
  entryRules: RuleBookRow['entry_rules'],
): EntryRule[] {
  const rules = new Map<string, EntryRule>()
  for (const item of items) {
    if (item.type !== 'event' || item.historical === true) continue
    if (!Object.hasOwn(entryRules, item.name)) continue
    for (const rule of entryRules[item.name] ?? [])
      rules.set(`${rule.journey}@${rule.version}`, rule)
  }
  return [...rules.values()]
}
