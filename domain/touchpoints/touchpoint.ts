import type { JsonObject, JsonValue } from '../json.ts'

/** The source of an event that does not say where it comes from. */
export const UNKNOWN_SOURCE = 'unknown'

/** Where an event comes from, as its sender says: `context.source` and `context.channel`. */
export interface Touchpoint {
  /** Such as `web`, `pos`, `call_centre`. Absent: nobody said. */
  readonly source?: string
  /** What of it: a till, an app, a line. Absent: nobody said, or there is only one. */
  readonly channel?: string
}

/** How sources and channels are named. */
export const TOUCHPOINT_NAME = /^[a-z][a-z0-9_]{0,63}$/

export const isTouchpointName = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && TOUCHPOINT_NAME.test(value)

/** Only what is said. */
export const touchpointOf = (said: {
  readonly source?: string | null | undefined
  readonly channel?: string | null | undefined
}): Touchpoint => ({
  ...(typeof said.source === 'string' ? { source: said.source } : {}),
  ...(typeof said.channel === 'string' ? { channel: said.channel } : {}),
})

/** What the context of an event says. What is no name is not said: callers are refused with it, and our own marks are none. */
export const touchpointIn = (context: JsonObject | null | undefined): Touchpoint =>
  touchpointOf({
    source: nameIn(context?.['source']),
    channel: nameIn(context?.['channel']),
  })

const nameIn = (value: JsonValue | undefined): string | null =>
  isTouchpointName(value) ? value : null
