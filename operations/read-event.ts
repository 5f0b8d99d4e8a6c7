import { eventSource } from '../domain/customers/event-source.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { touchpointIn, type Touchpoint } from '../domain/touchpoints/touchpoint.ts'
import type { IncomingEvent } from './incoming-event.ts'

/** What an event says, in the words of the log. */
export interface ReadEvent {
  /** The name that rules know it by; null for calls that only tell who somebody is. */
  readonly name: string | null
  readonly properties: JsonObject
  /** Traits as sent, for the log. */
  readonly traits: JsonObject | null
  readonly context: JsonObject | null
  /** What it says about the customer: merged into the profile. */
  readonly said: JsonObject
  /** `context.timezone`: the clock of the device. */
  readonly deviceZone: JsonValue | undefined
  /** Who said it: `context.source`, else the library that sent it, else the call. */
  readonly source: string
  /** Where it comes from, in so far as it says so. */
  readonly touchpoint: Touchpoint
}

/** Reads one of Segment's calls. */
export function readEvent(event: IncomingEvent): ReadEvent {
  const { type, context } = event
  const contextTraits = asObject(context?.['traits'])
  return {
    name: type === 'track' ? (event.event ?? '') : (PAGE_NAMES[type] ?? null),
    properties: type in PAGE_NAMES ? pageProperties(event) : (event.properties ?? {}),
    traits: event.traits ?? null,
    context: storedContext(event),
    said: { ...contextTraits, ...saidBy(event) },
    deviceZone: context?.['timezone'],
    source: eventSource({
      type,
      source: context?.['source'],
      library: asObject(context?.['library'])['name'],
    }),
    touchpoint: touchpointIn(context),
  }
}

const PAGE_NAMES: Partial<Record<IncomingEvent['type'], string>> = {
  page: 'Page Viewed',
  screen: 'Screen Viewed',
}

const pageProperties = ({ name, category, properties }: IncomingEvent): JsonObject => ({
  ...(name === undefined ? {} : { name }),
  ...(category === undefined ? {} : { category }),
  ...properties,
})

/** A group is one trait of its members; what is told about the group itself stays together in another. */
function saidBy({ type, traits, groupId }: IncomingEvent): JsonObject {
  if (type === 'identify') return traits ?? {}
  if (type !== 'group' || groupId === undefined) return {}
  return { group: groupId, ...(traits === undefined ? {} : { groupTraits: traits }) }
}

function storedContext({ context, originalTimestampMs }: IncomingEvent): JsonObject | null {
  if (originalTimestampMs === undefined) return context ?? null
  return { ...context, originalTimestamp: new Date(originalTimestampMs).toISOString() }
}

const asObject = (value: JsonValue | undefined): JsonObject =>
  value === undefined || value === null || typeof value !== 'object' || Array.isArray(value)
    ? {}
    : value

/**
 * When it happened, on the customer's clock. A sender that says what its clock showed when it sent
 * is corrected by how far that was off; one that does not is taken at its word (a test customer's
 * clock may be weeks ahead). Nothing has happened later than it was received.
 */
export function occurredAtMs(event: IncomingEvent, receivedAtMs: number): number {
  const { timestampMs, sentAtMs } = event
  if (timestampMs === undefined) return receivedAtMs
  const skewMs = sentAtMs === undefined ? 0 : receivedAtMs - sentAtMs
  return Math.min(timestampMs + skewMs, receivedAtMs)
}
