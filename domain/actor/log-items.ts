import { invariant } from '../errors.ts'
import type { EntryRule } from '../journeys/journey.ts'
import { projectProperties } from '../journeys/property-shape.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject } from '../json.ts'
import type { EmittedEvent } from './effects.ts'
import type { BatchItem, FactChange } from './inputs.ts'
import { own } from '../own.ts'
import { touchpointOf } from '../touchpoints/touchpoint.ts'

/** Where events come from that journeys make. */
export const EMITTED_SOURCE = 'journey'

/** Rows that command; all others tell what happened. */
const COMMANDS: ReadonlySet<string> = new Set([
  'consent',
  'exit',
  'migrate',
  'exclusion',
  'offer',
  'release',
  'leave',
  'absorb',
  'outcome',
])

/** A row of a customer's log, as far as its actor is told of it. */
export interface LogRow {
  readonly seq: number
  /** One of Segment's calls, or a command. */
  readonly type: string
  /** The name that rules know it by; null for calls that only tell who somebody is, and for commands. */
  readonly name: string | null
  readonly properties: JsonObject
  /** Where it comes from. Null or absent: nobody said. */
  readonly source?: string | null
  readonly channel?: string | null
  /** What a command commands; how deep an event is that a journey made. */
  readonly payload: JsonObject | null
  readonly facts: FactChange | null
  readonly historical: boolean
  readonly occurredAtMs: number
  readonly receivedAtMs: number
}

/**
 * A row that passed the filter as the actor hears it, reduced to what the book names. A command that
 * is the first thing an actor hears of a customer says before it what is known.
 */
export function itemsOf(row: LogRow, book: RuleBook): BatchItem[] {
  const { seq, type, name, facts, receivedAtMs } = row
  const from = row.historical ? 'import' : type === 'rules' ? 'rules' : undefined
  const known: BatchItem[] =
    facts === null
      ? []
      : [{ type: 'facts', seq, receivedAtMs, facts, ...(from === undefined ? {} : { from }) }]
  if (COMMANDS.has(type))
    return [...known, { type, seq, receivedAtMs, ...payloadOf(row) } as BatchItem]
  // The book may have dropped the name since the event was let through: then only its facts matter.
  const kept = name === null ? undefined : own(book.events, name)
  if (name === null || (kept === undefined && facts !== null)) return known
  return [
    {
      type: 'event',
      seq,
      name,
      occurredAtMs: row.occurredAtMs,
      receivedAtMs,
      ...(row.historical ? { historical: true as const } : {}),
      properties: kept === undefined ? {} : projectProperties(row.properties, kept.properties),
      ...touchpointOf(row),
      ...(facts === null ? {} : { facts }),
      ...(typeof row.payload?.['depth'] === 'number' ? { depth: row.payload['depth'] } : {}),
    },
  ]
}

/** The row of an event that a journey made. Callers cannot write its payload, so they cannot claim a depth. */
export function rowOfEmitted({ name, properties, atMs, depth }: EmittedEvent, seq: number): LogRow {
  return {
    seq,
    type: 'track',
    name,
    properties,
    source: EMITTED_SOURCE,
    payload: { depth },
    facts: null,
    historical: false,
    occurredAtMs: atMs,
    receivedAtMs: atMs,
  }
}

function payloadOf({ payload }: LogRow): object {
  invariant(payload !== null, 'a command in the log says what it commands')
  return payload
}

/** The entry rules that these items could trigger. */
export function rulesFor(
  items: readonly BatchItem[],
  entryRules: Readonly<Record<string, readonly EntryRule[]>>,
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
