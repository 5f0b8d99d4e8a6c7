import { canonicalJson } from '../canonical-json.ts'
import { DomainError } from '../errors.ts'
import { instantFromIso } from '../time.ts'
import { touchpointOf } from '../touchpoints/touchpoint.ts'
import type { RecordedCustomer, RecordedEvent, RecordedRow } from './recorded.ts'

const COMMON = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/

/**
 * A customer of a file, known by a user id and by nothing else. The rows may come in any order: those
 * of one instant are put by name, then by message id, then by content.
 *
 * @throws {DomainError} `malformed` where a timestamp is no instant
 */
export function customerFromEvents(
  userId: string,
  events: readonly RecordedEvent[],
): RecordedCustomer {
  const rows = events.map((event) => ({ event, atMs: instantOf(event) }))
  rows.sort((a, b) => a.atMs - b.atMs || orderOf(a.event, b.event))
  return {
    customerId: userId,
    profile: { traits: {}, known: true, zone: 'UTC' },
    rows: rows.map(({ event, atMs }): RecordedRow => ({
      type: 'event',
      name: event.event,
      atMs,
      occurredAtMs: atMs,
      properties: event.properties,
      source: event.source ?? 'track',
      touchpoint: touchpointOf(event),
      said: {},
      deviceZone: undefined,
      namesUser: true,
    })),
  }
}

/** The common form first: it is read many times faster. One without an offset is no instant. */
function instantOf({ timestamp }: RecordedEvent): number {
  const atMs = COMMON.test(timestamp) ? Date.parse(timestamp) : instantFromIso(timestamp)
  if (atMs === null || Number.isNaN(atMs))
    throw new DomainError(
      'malformed',
      `"${timestamp}" is not an instant such as 2011-03-04T08:26:00Z.`,
    )
  return atMs
}

function orderOf(a: RecordedEvent, b: RecordedEvent): number {
  if (a.event !== b.event) return a.event < b.event ? -1 : 1
  const [idA = '', idB = ''] = [a.messageId, b.messageId]
  if (idA !== idB) return idA < idB ? -1 : 1
  const [left, right] = [canonicalJson(a.properties), canonicalJson(b.properties)]
  return left === right ? 0 : left < right ? -1 : 1
}
