import type { Entry, Trigger } from './journey.ts'

/**
 * The event that `POST /v1/customers/{id}/enter` writes, with the journey among its properties. The
 * name is ours: ingest and the step `emit` refuse it, so that nobody gets in by a look-alike.
 */
export const REQUEST_EVENT = 'Journey Requested'

/** The same for the entry of an audience: with the journey, the audience, and the run that brought them. */
export const AUDIENCE_EVENT = 'Audience Reached'

/** What customers are told who have come into a watched audience, or gone: with the audience and its version. */
export const MEMBERSHIP_EVENTS = { joined: 'Audience Joined', left: 'Audience Left' } as const

/** Names that no trigger may name: those events are meant for a journey already. */
export const ENTRY_EVENTS: readonly string[] = [REQUEST_EVENT, AUDIENCE_EVENT]

/** Names that nobody but Rumbo may give to an event. */
export const RESERVED_EVENTS: readonly string[] = [
  ...ENTRY_EVENTS,
  ...Object.values(MEMBERSHIP_EVENTS),
]

interface EventAtHand {
  readonly name: string
  readonly properties: Readonly<Record<string, unknown>>
}

/** Whether a trigger of `journey` is meant by an event. */
export function isMeantBy(trigger: Trigger, journey: string, event: EventAtHand): boolean {
  if ('api' in trigger)
    return event.name === REQUEST_EVENT && event.properties['journey'] === journey
  return 'event' in trigger && trigger.event === event.name
}

/** Whether an event says that the customer belongs to the audience that enters `journey`. */
export const isReachedBy = ({ audience }: Entry, journey: string, event: EventAtHand): boolean =>
  audience !== undefined && event.name === AUDIENCE_EVENT && event.properties['journey'] === journey

/** The event that a trigger listens to; null for one that needs none. */
export function eventOf(trigger: Trigger): string | null {
  if ('api' in trigger) return REQUEST_EVENT
  return 'event' in trigger ? trigger.event : null
}

/** All events that may let somebody in. */
export const eventsLettingIn = ({ on, audience }: Entry): ReadonlySet<string> =>
  new Set([
    ...on.flatMap((trigger) => eventOf(trigger) ?? []),
    ...(audience === undefined ? [] : [AUDIENCE_EVENT]),
  ])
