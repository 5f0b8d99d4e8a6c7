import type { JsonValue } from '../json.ts'
import { statusOf } from '../journeys/call-answer.ts'
import { webhookOf } from './calls.ts'
import type { Run } from './customer-state.ts'
import type { CallOutcome } from './inputs.ts'
import { onTime } from './on-time.ts'
import { putRun } from './run-store.ts'
import { hasRoomFor } from './state-size.ts'
import { note, type Turn } from './turn.ts'
import { wakeRun } from './walk.ts'

/**
 * Applies what became of a try of a webhook step. Answers of calls that no run waits for any more
 * change nothing. A paused run keeps what it hears and takes it when it resumes; its next try waits
 * for that too.
 */
export function applyCallOutcome(
  turn: Turn,
  callId: string,
  attempt: number,
  outcome: CallOutcome,
): void {
  const run = turn.state.runs.find(
    ({ wait }) => wait?.type === 'call' && wait.call.callId === callId,
  )
  if (run?.wait?.type !== 'call') return
  const { call } = run.wait
  if (call.attempt !== attempt || call.phase === 'retry' || run.heard !== null) return
  if (outcome.type === 'retryAt') {
    const retryAtMs = outcome.atMs
    putRun(turn, { ...run, wait: { type: 'call', call: { ...call, phase: 'retry', retryAtMs } } })
    return
  }
  const atMs = onTime(run.sinceMs, outcome.type === 'answered' ? outcome.atMs : turn.nowMs)
  const { answer, reason } = kept(turn, outcome)
  const answered = withAnswer(run, webhookOf(turn, run)?.saveAs, answer)
  putRun(turn, answered)
  const status = statusOf(answer)
  note(
    turn,
    'call',
    atMs,
    `${run.journey}@${run.version} · ${run.step}: ${reason ?? `answered ${status}`}`,
    { runId: run.runId, step: run.step, status, reason, attempts: attempt },
  )
  wakeRun(
    turn,
    answered,
    reason === null ? { type: 'answered' } : { type: 'unanswered', reason },
    atMs,
  )
}

interface Kept {
  readonly answer: JsonValue | null
  /** Why it is no success; null where it is one. */
  readonly reason: string | null
}

/** An answer is kept for the life of its run; one that would make the actor too large counts as none. */
function kept({ state }: Turn, outcome: Exclude<CallOutcome, { type: 'retryAt' }>): Kept {
  const { answer } = outcome
  const reason = outcome.type === 'answered' ? null : outcome.reason
  return hasRoomFor(state, answer)
    ? { answer, reason }
    : { answer: null, reason: 'answer_too_large' }
}

/** Without an answer there is none any more: one of an earlier round would be taken for this one. */
function withAnswer(run: Run, saveAs: string | undefined, answer: JsonValue | null): Run {
  if (saveAs === undefined) return run
  const { [saveAs]: _earlier, ...answers } = run.answers
  return { ...run, answers: answer === null ? answers : { ...answers, [saveAs]: answer } }
}
