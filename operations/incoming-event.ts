import type { Finding } from '../domain/errors.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'

/** One of Segment's calls, parsed: what `accept` takes. Instants are epoch milliseconds. */
export interface IncomingEvent {
  readonly type: 'track' | 'page' | 'screen' | 'identify' | 'group' | 'alias'
  /** Unique for as long as events are kept: a repeat changes nothing. */
  readonly messageId: string
  readonly userId?: string
  readonly anonymousId?: string
  /** `alias`: the id that the user had until now, user id or anonymous id. */
  readonly previousId?: string
  /** `track`: its name. */
  readonly event?: string
  /** `page` and `screen`. */
  readonly name?: string
  readonly category?: string
  readonly groupId?: string
  readonly properties?: JsonObject
  readonly traits?: JsonObject
  readonly context?: JsonObject
  readonly timestampMs?: number
  /** Kept as context, nothing is computed from it. */
  readonly originalTimestampMs?: number
  /** The sender's clock when it sent this; tells how far that clock is off. */
  readonly sentAtMs?: number
  /** From an import: changes facts and lifecycle, starts and sends nothing. */
  readonly historical: boolean
}

/** An event and when it reached this process. */
export interface ArrivedEvent extends IncomingEvent {
  readonly arrivedAtMs: number
}

/** Answer for one event: whether it is stored, and whether an actor will hear of it. */
export interface Accepted {
  readonly messageId: string
  readonly customerId: string
  readonly seq: number
  /**
   * `filtered`: no rule names it, the actor is not woken. `dropped`: it is about somebody who was erased, and is not
   * kept. `refused`: the tracking plan does not let it in, and it is not kept either.
   */
  readonly status: 'filtered' | 'pending' | 'dropped' | 'refused'
  /** Of a refused one: why, with places in the event. */
  readonly findings?: readonly Finding[]
  /** It had been stored before; this call changed nothing. */
  readonly duplicate: boolean
}

const ID_BYTES_MAX = 255
/** The years that both JSON and SQL can write: 0 to 9999. */
const INSTANT_MIN_MS = -62_167_219_200_000
const INSTANT_MAX_MS = 253_402_300_799_999
/** Deeper than any sane payload, and far from where JSON parsers give up. */
const DEPTH_MAX = 64

/**
 * Why an event cannot be stored, whatever it means: an id or a name that an index cannot hold,
 * nobody it is about, values nested without end. Empty when it can.
 */
export function storageProblems(event: IncomingEvent): Finding[] {
  const findings: Finding[] = []
  const refuse = (code: string, path: string, message: string): void =>
    void findings.push({ code, path, message, severity: 'error' })
  for (const name of NAMES) {
    const text = event[name]
    if (text === undefined) continue
    if (Buffer.byteLength(text) > ID_BYTES_MAX)
      refuse('too_long', `/${name}`, `"${name}" is longer than ${ID_BYTES_MAX} bytes`)
    if (text === '') refuse('empty', `/${name}`, `"${name}" is empty`)
  }
  if (event.userId === undefined && event.anonymousId === undefined)
    refuse('no_identity', '', 'The event names neither a userId nor an anonymousId')
  if (event.type === 'track' && event.event === undefined)
    refuse('no_name', '/event', 'A track call names no event')
  for (const name of ['timestampMs', 'originalTimestampMs', 'sentAtMs'] as const) {
    const ms = event[name]
    if (ms !== undefined && !(ms >= INSTANT_MIN_MS && ms <= INSTANT_MAX_MS))
      refuse('bad_instant', `/${name.slice(0, -2)}`, `"${name.slice(0, -2)}" is not an instant`)
  }
  for (const name of ['properties', 'traits', 'context'] as const) {
    const value = event[name]
    if (value !== undefined && isDeeperThan(value, DEPTH_MAX))
      refuse('too_deep', `/${name}`, `"${name}" is nested deeper than ${DEPTH_MAX} levels`)
  }
  return findings
}

const NAMES = ['messageId', 'userId', 'anonymousId', 'previousId', 'groupId', 'event'] as const

function isDeeperThan(value: JsonValue, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false
  if (levels === 0) return true
  const inner = Array.isArray(value) ? value : Object.values(value)
  return inner.some((element) => isDeeperThan(element, levels - 1))
}
