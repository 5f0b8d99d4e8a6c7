import type { TouchpointCount } from '../db/touchpoint-counts.ts'
import { UNKNOWN_SOURCE } from '../domain/touchpoints/touchpoint.ts'
import type { ArrivedEvent } from './incoming-event.ts'
import { readEvent } from './read-event.ts'

/** Longer names are cut: an index holds them. */
const NAME_LENGTH_MAX = 255

/**
 * What is to be counted of an event that was stored. Calls without a name are counted by the call. What
 * we say ourselves, of a repair, comes from no touchpoint: our mark is no name that a caller could give.
 */
export function touchpointCounts(event: ArrivedEvent): TouchpointCount[] {
  const { name, touchpoint } = readEvent(event)
  const isOurs = touchpoint.source === undefined && typeof event.context?.['source'] === 'string'
  if (isOurs) return []
  return [
    {
      source: touchpoint.source ?? UNKNOWN_SOURCE,
      channel: touchpoint.channel ?? '',
      event: (name ?? event.type).slice(0, NAME_LENGTH_MAX),
      atMs: event.arrivedAtMs,
    },
  ]
}
