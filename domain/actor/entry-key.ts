import type { RunDefinition } from '../journeys/journey.ts'
import { own } from '../own.ts'
import type { EntryEvent, Run } from './customer-state.ts'

/** What is entered for, where a journey goes by it. */
type Keyed = Pick<RunDefinition, 'entry' | 'lane'>

/** The value that `perKey` re-entry goes by; null for other modes. */
export function entryKey({ entry }: Pick<Keyed, 'entry'>, event: EntryEvent): string | null {
  if (entry.reentry?.mode !== 'perKey') return null
  return keyOf(event, entry.reentry.property) ?? 'null'
}

/**
 * The key by which one journey runs several times beside itself: of the service lane, with re-entry per
 * key. Null for all others, and for an event that does not have the property.
 */
export function besideKey({ entry, lane }: Keyed, event: EntryEvent): string | null {
  if (lane !== 'service' || entry.reentry?.mode !== 'perKey') return null
  return keyOf(event, entry.reentry.property)
}

/**
 * Whether an entry into the journey of that run is about something else than the run. One that began under
 * a version without keys, or ahead of the others, is about all there is.
 */
export function isAboutAnother(run: Run, into: Keyed, event: EntryEvent): boolean {
  const key = besideKey(into, event)
  const its = besideKey({ entry: into.entry, ...(run.lane && { lane: run.lane }) }, run.entry)
  return key !== null && its !== null && key !== its
}

function keyOf({ properties }: EntryEvent, property: string): string | null {
  const value = own(properties, property) ?? null
  if (value === null) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
