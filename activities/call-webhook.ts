/**
 * One try of a webhook step: load, render, call, reduce the answer. What becomes of the run is the
 * actor's affair.
 *
 * I1  A repeated try carries the same `webhook-id`: a receiver that has seen it drops the repeat.
 *     Nothing is stored of a try, so nothing has to be settled after a worker died.
 * I2  Of an answer only what the version names travels to the engine, and no personal data.
 * I3  Reasons are codes. What a receiver or a system wrote is dropped.
 */
import { heartbeat as reportHeartbeat } from '@temporalio/activity'
import type { Kysely } from 'kysely'
import type { HttpAnswer, SignedHttp } from '../channels/signed-http.ts'
import { findCallFacts, type CallFacts } from '../db/calls.ts'
import type { Database } from '../db/schema.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { CallRequest } from '../domain/actor/effects.ts'
import type { CallOutcome } from '../domain/actor/inputs.ts'
import { answersNamed } from '../domain/journeys/answers-named.ts'
import { concludeCall, type CallReply } from '../domain/journeys/call-answer.ts'
import { partsOf } from '../domain/journeys/journey-parts.ts'
import type { WebhookStep } from '../domain/journeys/step.ts'
import type { PropertyShape } from '../domain/journeys/rule-book.ts'
import type { JsonValue } from '../domain/json.ts'
import { messageScope } from '../domain/message-scope.ts'
import { renderTexts } from '../domain/render-texts.ts'
import { TemplateError } from '../domain/templates.ts'
import { durationMs } from '../domain/time.ts'
import type { CallActivities } from './contract.ts'
import { withHeartbeat } from './with-heartbeat.ts'
import { own } from '../domain/own.ts'

/** A try, call and SQL together, takes at most about this long. */
const TRY_MS_MAX = 30_000

export interface CallDeps {
  readonly db: Kysely<Database>
  readonly http: SignedHttp
  /** Real time. */
  readonly now: () => number
  /** Tells the engine that the try is alive. */
  readonly heartbeat?: () => void
}

/** The activity that webhook steps call out with. */
export function createCallActivities({
  db,
  http,
  now,
  heartbeat = reportHeartbeat,
}: CallDeps): CallActivities {
  const callWebhook: CallActivities['callWebhook'] = async ({ request, record }) => {
    const startedAtMs = now()
    if (record) await writeTurnRecord(db, record, null)
    const facts = await findCallFacts(db, request)
    if (!facts) return { type: 'refused', reason: 'no_customer', answer: null }
    const step = facts.journey.steps[request.step]
    if (step?.type !== 'webhook') return { type: 'refused', reason: 'no_webhook', answer: null }
    const body = bodyOf(step, request, facts)
    if (body instanceof TemplateError) {
      const { line, column } = body
      const reason = `template_error: line ${line}, column ${column}`
      return { type: 'refused', reason, answer: null }
    }

    const test = request.test || facts.test
    const { url, method = 'POST' } = step
    const leftMs = TRY_MS_MAX - (now() - startedAtMs)
    const timeoutMs = Math.max(1, Math.min(leftMs, timeoutOf(step)))
    const call = { id: request.callId, url, method, test, ...(body === null ? {} : { body }) }
    const answer = await http.call(call, timeoutMs)

    // A test customer's clock is the actor's; everybody else's is the real one, which goes on while
    // a call waits in its queue.
    const nowMs = test ? request.nowMs + (now() - startedAtMs) : now()
    return outcomeOf(answer, request, { nowMs, shape: shapeOf(facts, step) })
  }

  return { callWebhook: (input) => withHeartbeat(heartbeat, () => callWebhook(input)) }
}

const timeoutOf = ({ timeout }: WebhookStep): number =>
  timeout === undefined ? TRY_MS_MAX : durationMs(timeout)

/** JSON with every text rendered; null for a call without a body. */
function bodyOf(
  { body, method }: WebhookStep,
  request: CallRequest,
  facts: CallFacts,
): string | null | TemplateError {
  if (body === undefined || method === 'GET') return null
  try {
    return JSON.stringify(renderTexts(body, messageScope(request, facts)))
  } catch (error) {
    if (error instanceof TemplateError) return error
    throw error
  }
}

/** What the version names of this step's answer. */
function shapeOf({ journey }: CallFacts, { saveAs }: WebhookStep): PropertyShape {
  const named = answersNamed(partsOf(journey))
  const shape = saveAs === undefined ? undefined : own(named, saveAs)
  return typeof shape === 'object' ? shape : {}
}

function outcomeOf(
  answer: HttpAnswer,
  { attempt, giveUpAtMs }: CallRequest,
  { nowMs, shape }: { nowMs: number; shape: PropertyShape },
): CallOutcome {
  if (answer.type === 'badUrl') return { type: 'refused', reason: 'bad_url', answer: null }
  return concludeCall(replyOf(answer), { attempt, giveUpAtMs, nowMs, shape })
}

function replyOf(answer: Exclude<HttpAnswer, { type: 'badUrl' }>): CallReply {
  if (answer.type === 'failed') return { status: null, reason: answer.reason }
  const { status, body, afterMs } = answer
  const json = jsonOf(body)
  return {
    status,
    reason: `http_${status}`,
    ...(json === undefined ? {} : { body: json }),
    ...(afterMs === undefined ? {} : { afterMs }),
  }
}

/** Undefined where it is no JSON: a receiver may well answer `ok`. */
function jsonOf(text: string | null): JsonValue | undefined {
  if (text === null) return undefined
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}
