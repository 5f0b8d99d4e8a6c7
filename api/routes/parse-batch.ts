import { DomainError, type Finding } from '../../domain/errors.ts'
import { child } from '../../domain/json-pointer.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { Accepted, IncomingEvent } from '../../operations/incoming-event.ts'
import { EVENT_BYTES_MAX, parseEvent } from '../../operations/parse-event.ts'

/** One event of a batch that cannot be accepted. */
export interface RefusedEvent {
  readonly index: number
  readonly body: JsonValue
  /** Places inside the event. */
  readonly findings: readonly Finding[]
  /** The same, with places inside the whole body. */
  readonly shown: readonly Finding[]
}

/** One that can be read. */
export interface ReadEvent {
  readonly index: number
  readonly body: JsonValue
  readonly event: IncomingEvent
}

/**
 * The events of a batch that can be read and those that cannot, each with everything that is wrong with it.
 *
 * @throws {DomainError} `malformed` when it is no batch
 */
export function parseBatch({ body, bytes }: { body: JsonValue; bytes: number }): {
  events: ReadEvent[]
  refused: RefusedEvent[]
} {
  const { batch, sentAt } = readEnvelope(body)
  const events: ReadEvent[] = []
  const refused: RefusedEvent[] = []
  for (const [index, item] of batch.entries()) {
    const { event, findings: unread } = parseEvent(item, { sentAt })
    const findings = [...unread, ...sizeFindings(item, bytes)]
    if (event !== null && findings.length === 0) events.push({ index, body: item, event })
    else refused.push(refusedEvent({ index, body: item }, findings))
  }
  return { events, refused }
}

/** Those of the events that were not let in, in the order of their answers. */
export function refusedEvents(
  events: readonly ReadEvent[],
  answers: readonly Accepted[],
): RefusedEvent[] {
  return events.flatMap((event, place) => {
    const findings = answers[place]?.findings
    return findings === undefined ? [] : [refusedEvent(event, findings)]
  })
}

/** @throws {DomainError} `unacceptable` when no event is good */
export function refuseWithoutGood(accepted: number, refused: readonly RefusedEvent[]): void {
  if (accepted > 0 || refused.length === 0) return
  throw new DomainError(
    'unacceptable',
    'No event of the batch can be accepted.',
    refused.flatMap(({ shown }) => shown),
  )
}

const refusedEvent = (
  { index, body }: { readonly index: number; readonly body: JsonValue },
  findings: readonly Finding[],
): RefusedEvent => ({
  index,
  body,
  findings,
  shown: findings.map((finding) => ({ ...finding, path: child('/batch', index) + finding.path })),
})

function readEnvelope(body: JsonValue): { batch: JsonValue[]; sentAt: JsonValue } {
  const envelope: JsonObject =
    typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}
  const { batch, sentAt = null } = envelope
  if (Array.isArray(batch)) return { batch, sentAt }
  throw new DomainError('malformed', 'The body is no batch.', [
    {
      code: batch === undefined ? 'missing_field' : 'wrong_type',
      path: '/batch',
      message: '"batch" is an array of events',
      severity: 'error',
    },
  ])
}

/** Measured only where the whole body is large enough for one to be too large. */
function sizeFindings(item: JsonValue, bodyBytes: number): Finding[] {
  if (bodyBytes <= EVENT_BYTES_MAX) return []
  if (Buffer.byteLength(JSON.stringify(item)) <= EVENT_BYTES_MAX) return []
  return [
    {
      code: 'event_too_large',
      path: '',
      message: `An event may have at most ${EVENT_BYTES_MAX} bytes`,
      severity: 'error',
    },
  ]
}
