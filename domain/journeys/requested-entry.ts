import type { Trigger } from './journey.ts'

/**
 * The event that `POST /v1/customers/{id}/enter` writes, with the journey among its properties. The
 * name is ours: ingest and the step `emit` refuse it, so that nobody gets in by a look-alike.
 */
export const REQUEST_EVENT = 'Journey Requested'

/** Whether a trigger of `journey` is meant by an event. */
export function isMeantBy(
  trigger: Trigger,
  journey: string,
  event: { readonly name: string; readonly properties: Readonly<Record<string, unknown>> },
): boolean {
  if ('api' in trigger)
    return event.name === REQUEST_EVENT && event.properties['journey'] === journey
  return 'event' in trigger && trigger.event === event.name
}

/** The event that a trigger listens to; null for one that needs none. */
export function eventOf(trigger: Trigger): string | null {
  if ('api' in trigger) return REQUEST_EVENT
  return 'event' in trigger ? trigger.event : null
}
