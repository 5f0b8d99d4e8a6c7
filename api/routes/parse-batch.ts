import { DomainError, type Finding } from '../../domain/errors.ts'
import { child } from '../../domain/json-pointer.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import type { IncomingEvent } from '../../operations/incoming-event.ts'
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

/**
 * The good events of a batch and the bad ones, each with everything that is wrong with it.
 *
 * @throws {DomainError} `malformed` when it is no batch, `unacceptable` when no event is good
 */
export function parseBatch({ body, bytes }: { body: JsonValue; bytes: number }): {
  events: IncomingEvent[]
  refused: RefusedEvent[]
} {
  const { batch, sentAt } = readEnvelope(body)
  const events: IncomingEvent[] = []
  const refused: RefusedEvent[] = []
  for (const [index, item] of batch.entries()) {
    const read = parseEvent(item, { sentAt })
    const findings = [...read.findings, ...sizeFindings(item, bytes)]
    if (read.event !== null && findings.length === 0) events.push(read.event)
    else
      refused.push({
        index,
        body: item,
        findings,
        shown: findings.map((finding) => ({
          ...finding,
          path: child('/batch', index) + finding.path,
        })),
      })
  }
  if (events.length === 0 && refused.length > 0)
    throw new DomainError(
      'unacceptable',
      'No event of the batch can be accepted.',
      refused.flatMap(({ shown }) => shown),
    )
  return { events, refused }
}

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
