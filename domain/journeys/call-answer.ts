import type { CallOutcome } from '../actor/inputs.ts'
import { isPersonalTrait } from '../customers/personal-traits.ts'
import { retryDelayMs } from '../customers/send-retry.ts'
import { verdictOfStatus } from '../http-status.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { projectProperties } from './property-shape.ts'
import type { PropertyShape } from './rule-book.ts'

/** What a receiver may answer of which the version names something. More is not kept. */
const ANSWER_BYTES_KEPT_MAX = 16 * 1024

/** What a receiver said to one try; `status` null: it did not answer. */
export interface CallReply {
  readonly status: number | null
  /** Undefined: no JSON, or more than is read. */
  readonly body?: JsonValue
  /** A code such as `http_503`. It reaches the engine, so it holds nothing that the receiver wrote. */
  readonly reason: string
  /** How long it asks to be left alone. */
  readonly afterMs?: number
}

export interface CallTry {
  readonly attempt: number
  readonly nowMs: number
  readonly giveUpAtMs: number
  /** What of the answer the version names; see `answersNamed`. */
  readonly shape: PropertyShape
}

/** What a reply means to the run: an answer, a refusal, or another try while there is time for one. */
export function concludeCall(
  reply: CallReply,
  { attempt, nowMs, giveUpAtMs, shape }: CallTry,
): CallOutcome {
  const { status, reason, afterMs } = reply
  const answer = status === null ? null : answerOf(status, reply.body, shape)
  if (status !== null && answer !== null) {
    const verdict = verdictOfStatus(status)
    if (verdict === 'done') return { type: 'answered', atMs: nowMs, answer }
    if (verdict === 'refused') return { type: 'refused', reason, answer }
  }
  const atMs = nowMs + retryDelayMs(attempt, afterMs)
  return atMs <= giveUpAtMs
    ? { type: 'retryAt', atMs, reason }
    : { type: 'refused', reason: `gave_up: ${reason}`, answer }
}

/**
 * An answer as conditions and messages see it, reduced to what the version names of its body.
 *
 * Shape: `{ status, body? }`; `body` without members that hold personal data, whatever the version
 * names.
 */
export function answerOf(
  status: number,
  body: JsonValue | undefined,
  shape: PropertyShape,
): JsonObject {
  const { body: named } = shape
  if (body === undefined || named === undefined) return { status }
  const answer = withoutPersonal(projectProperties({ body }, { body: named }))
  const isKept = JSON.stringify(answer).length <= ANSWER_BYTES_KEPT_MAX
  return isKept ? { status, ...answer } : { status }
}

/** Inside a value `name` is most often a product's, so there it is let through. */
function withoutPersonal(answer: JsonObject): JsonObject {
  const strip = (value: JsonValue, depth: number): JsonValue => {
    if (Array.isArray(value)) return value.map((item) => strip(item, depth))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !isPersonalTrait(name) || (depth > 1 && name === 'name'))
        .map(([name, inner]) => [name, strip(inner, depth + 1)]),
    )
  }
  return strip(answer, 0) as JsonObject
}

/** The HTTP status of an answer; null where nobody answered. */
export function statusOf(answer: JsonValue): number | null {
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return null
  const { status } = answer
  return typeof status === 'number' ? status : null
}
