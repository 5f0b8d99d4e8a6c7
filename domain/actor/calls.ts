import type { WebhookStep } from '../journeys/step.ts'
import { durationMs } from '../time.ts'
import type { Call, Run } from './customer-state.ts'
import type { CallRequest } from './effects.ts'
import { putRun } from './run-store.ts'
import { tryOf } from './tries.ts'
import { definitionOf, type Turn } from './turn.ts'

/** How long a receiver may stay away, where the step does not say. */
const RETRY_FOR_DEFAULT = 'PT1H'

/**
 * Makes the call of the webhook step that a run has come to. The run stays there until it is answered.
 *
 * @throws {DefinitionError} where the step's `retryFor` is no duration
 */
export function beginCall(turn: Turn, run: Run, atMs: number): void {
  issue(turn, run, {
    callId: `${run.runId}.${run.visit}.call`,
    attempt: 1,
    firstTriedAtMs: atMs,
    phase: 'open',
    retryAtMs: null,
  })
}

/**
 * Makes a call again whose time has come, or that waited for its run to be resumed; anything else is
 * left alone. After a pause it is tried once, however long that was: not the receiver was away.
 */
export function retryCall(turn: Turn, run: Run): void {
  if (run.wait?.type !== 'call' || run.wait.call.phase !== 'retry') return
  const { call } = run.wait
  issue(turn, run, { ...call, attempt: call.attempt + 1, phase: 'open', retryAtMs: null })
}

function issue(turn: Turn, run: Run, call: Call): void {
  const calling: Run = { ...run, wait: { type: 'call', call } }
  const request = callRequestOf(turn, calling, call)
  putRun(turn, calling)
  turn.effects.push({ type: 'call', request, record: null })
}

/** What the activity is handed. Made anew when a call is issued again, with the same key. */
export function callRequestOf(turn: Turn, run: Run, call: Call): CallRequest {
  const { callId, attempt, firstTriedAtMs } = call
  const retryFor = webhookOf(turn, run)?.retryFor ?? RETRY_FOR_DEFAULT
  const giveUpAtMs = firstTriedAtMs + durationMs(retryFor)
  return { ...tryOf(turn, run, { attempt, giveUpAtMs }), callId }
}

/** The webhook step on which a run stands. */
export function webhookOf(turn: Turn, run: Run): WebhookStep | undefined {
  const step = definitionOf(turn, run.hash).steps[run.step]
  return step?.type === 'webhook' ? step : undefined
}
