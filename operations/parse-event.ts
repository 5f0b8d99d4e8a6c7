import { randomUUID } from 'node:crypto'
import type { Finding } from '../domain/errors.ts'
import { REQUEST_EVENT, RESERVED_EVENTS } from '../domain/journeys/requested-entry.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { isTouchpointName } from '../domain/touchpoints/touchpoint.ts'
import { contentHash } from './content-hash.ts'
import { storageProblems, type IncomingEvent } from './incoming-event.ts'

/** Segment's calls. */
export const EVENT_CALLS = ['track', 'identify', 'alias', 'page', 'screen', 'group'] as const
export type EventCall = (typeof EVENT_CALLS)[number]

/** 32 KB, as with Segment. */
export const EVENT_BYTES_MAX = 32 * 1024

export type ParsedEvent =
  | { readonly event: IncomingEvent; readonly findings: readonly [] }
  | { readonly event: null; readonly findings: readonly Finding[] }

/** What the body does not say by itself: the path of a single call, the envelope of a batch. */
export interface Envelope {
  readonly type?: EventCall
  readonly sentAt?: JsonValue
  /** What stands for a missing message id where the body has no timestamp either. Default: random. */
  readonly messageId?: string
}

/**
 * Reads one of Segment's calls as it came over the wire, or says everything that keeps it from
 * being one. Written by hand, not with a schema: this runs for every event of every caller.
 *
 * A missing `messageId` becomes a hash of the body where that has a `timestamp`, so that a repeat is
 * known as one; else nothing tells a repeat from a second event, and it becomes a random one. Fields
 * that Segment does not define are kept in the context, as `unknownFields`.
 */
export function parseEvent(body: JsonValue, envelope: Envelope = {}): ParsedEvent {
  if (!isObject(body)) return bad([finding('wrong_type', '', 'An event is a JSON object')])
  const reader = new Reader(body)
  const type = envelope.type ?? reader.call()
  const sentAtMs = reader.instant('sentAt') ?? reader.instant('sentAt', envelope.sentAt ?? null)
  const context = reader.object('context')
  const page = type === 'page' || type === 'screen'
  const fields = {
    userId: reader.text('userId', type === 'alias'),
    anonymousId: reader.text('anonymousId'),
    previousId: type === 'alias' ? reader.text('previousId', true) : undefined,
    event: type === 'track' ? reader.text('event') : undefined,
    name: page ? reader.text('name') : undefined,
    category: page ? reader.text('category') : undefined,
    groupId: type === 'group' ? reader.text('groupId', true) : undefined,
    properties: reader.object('properties'),
    traits: reader.object('traits'),
    timestampMs: reader.instant('timestamp'),
    originalTimestampMs: reader.instant('originalTimestamp'),
    sentAtMs,
  }
  const messageId = reader.text('messageId')
  const historical = isHistorical(context, reader.findings)
  refuseTouchpoint(context, reader.findings)
  if (type === undefined) return bad(reader.findings)

  const event: IncomingEvent = {
    type,
    messageId: messageId ?? bodyHash(body, type) ?? envelope.messageId ?? randomUUID(),
    historical,
    ...withoutUndefined(fields),
    ...contextOf(context, reader.rest()),
  }
  if (type === 'track' && RESERVED_EVENTS.includes(event.event ?? ''))
    reader.findings.push(finding('reserved_event', '/event', reservedMessage(event.event ?? '')))
  const findings = [...reader.findings, ...others(reader.findings, storageProblems(event))]
  return findings.length === 0 ? { event, findings: [] } : bad(findings)
}

/** Takes fields out of a body one by one and notes what is wrong with them. `null` counts as absent. */
class Reader {
  readonly findings: Finding[] = []
  readonly #body: JsonObject
  readonly #taken = new Set(['type', 'writeKey'])

  constructor(body: JsonObject) {
    this.#body = body
  }

  call(): EventCall | undefined {
    const type = this.#body['type']
    const call = EVENT_CALLS.find((name) => name === type)
    if (call === undefined)
      this.#refuse(type === undefined ? 'missing_field' : 'unknown_value', 'type', CALL_NEEDED)
    return call
  }

  text(name: string, isRequired = false): string | undefined {
    const value = this.#take(name)
    if (value === undefined) {
      if (isRequired) this.#refuse('missing_field', name, `"${name}" is missing`)
      return undefined
    }
    if (typeof value === 'string') return value
    this.#refuse('wrong_type', name, `"${name}" is a string`)
    return undefined
  }

  object(name: string): JsonObject | undefined {
    const value = this.#take(name)
    if (value === undefined || isObject(value)) return value
    this.#refuse('wrong_type', name, `"${name}" is an object`)
    return undefined
  }

  instant(name: string, value = this.#take(name)): number | undefined {
    if (value === undefined || value === null) return undefined
    const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN
    if (!Number.isNaN(ms)) return ms
    this.#refuse('bad_instant', name, `"${name}" is an instant like 2026-12-06T09:00:00Z`)
    return undefined
  }

  /** Fields that nobody asked for. */
  rest(): JsonObject {
    const entries = Object.entries(this.#body).filter(([name]) => !this.#taken.has(name))
    return Object.fromEntries(entries)
  }

  #take(name: string): JsonValue | undefined {
    this.#taken.add(name)
    return this.#body[name] ?? undefined
  }

  #refuse(code: string, name: string, message: string): void {
    this.findings.push(finding(code, `/${name}`, message))
  }
}

const reservedMessage = (name: string): string =>
  name === REQUEST_EVENT
    ? `"${name}" is written by POST /v1/customers/{id}/enter only; call that, or give the event another name`
    : `"${name}" is written for those of an audience only; give the event another name`

const CALL_NEEDED = `"type" is one of ${EVENT_CALLS.join(', ')}`

/** RFC 3339, with as many decimals as anybody's clock has. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i

function isHistorical(context: JsonObject | undefined, findings: Finding[]): boolean {
  const value = context?.['historical']
  if (value === undefined || value === null || typeof value === 'boolean') return value === true
  findings.push(finding('wrong_type', '/context/historical', '"historical" is true or false'))
  return false
}

function refuseTouchpoint(context: JsonObject | undefined, findings: Finding[]): void {
  for (const name of ['source', 'channel']) {
    const value = context?.[name]
    if (value === undefined || value === null || isTouchpointName(value)) continue
    findings.push(
      typeof value === 'string'
        ? finding('bad_name', `/context/${name}`, `"${name}" is ${NAME_NEEDED}`)
        : finding('wrong_type', `/context/${name}`, `"${name}" is a string`),
    )
  }
}

const NAME_NEEDED =
  'a small letter, then small letters, digits and _, 64 characters at most, such as call_centre'

/** Without what a sender changes when it sends the same event again. */
function bodyHash(
  { sentAt: _, writeKey: __, ...said }: JsonObject,
  type: EventCall,
): string | undefined {
  return typeof said['timestamp'] === 'string' ? contentHash({ ...said, type }) : undefined
}

function contextOf(
  context: JsonObject | undefined,
  unknownFields: JsonObject,
): { context?: JsonObject } {
  if (Object.keys(unknownFields).length > 0) return { context: { ...context, unknownFields } }
  return context === undefined ? {} : { context }
}

/** Findings that say something new: not of a place, or of ids, that could not be read anyway. */
function others(known: readonly Finding[], more: readonly Finding[]): Finding[] {
  const places = new Set(known.map((finding) => finding.path))
  const isUnreadId = places.has('/userId') || places.has('/anonymousId')
  return more.filter(
    ({ path, code }) => !places.has(path) && !(isUnreadId && code === 'no_identity'),
  )
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>
}

const bad = (findings: readonly Finding[]): ParsedEvent => ({ event: null, findings })

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const finding = (code: string, path: string, message: string): Finding => ({
  code,
  path,
  message,
  severity: 'error',
})
