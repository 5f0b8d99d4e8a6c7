import type { Run, Send } from './customer-state.ts'
import type { SendOutcome } from './inputs.ts'
import { onTime } from './on-time.ts'
import { putRun } from './run-store.ts'
import { retrySend, wakeRun } from './walk.ts'
import { runById, type Turn } from './turn.ts'

/** Applies what became of a try. Answers of sends that no run waits for any more change nothing. */
export function applySendOutcome(
  turn: Turn,
  deliveryId: string,
  attempt: number,
  outcome: SendOutcome,
): void {
  const run = turn.state.runs.find(
    ({ wait }) => wait?.type === 'send' && wait.send.deliveryId === deliveryId,
  )
  if (run?.wait?.type !== 'send') return
  const { send } = run.wait
  if (send.attempt !== attempt || send.phase !== 'open') return
  const atMs = onTime(run.sinceMs, outcome.type === 'sent' ? outcome.atMs : turn.nowMs)
  switch (outcome.type) {
    case 'sent':
    case 'muted':
    case 'unknown':
      wakeRun(turn, run, { type: 'sent' }, atMs)
      return
    case 'retryAt':
      park(turn, run, send, outcome.atMs)
      return
    case 'withdrawn':
      park(turn, run, send, null)
      settleWithdrawn(turn, run.runId, atMs)
      return
    case 'refused':
    case 'dropped':
      fallBack(turn, run, send, outcome.reason, atMs)
  }
}

function park(turn: Turn, run: Run, send: Send, retryAtMs: number | null): void {
  putRun(turn, { ...run, wait: { type: 'send', send: { ...send, phase: 'retry', retryAtMs } } })
}

/** An active run whose send was taken back is judged again at once; a paused one when it resumes. */
function settleWithdrawn(turn: Turn, runId: string, atMs: number): void {
  const run = runById(turn.state, runId)
  if (run?.status === 'active') retrySend(turn, run, atMs)
}

/** The next channel (for a paused run: when it resumes), else the run goes on without the message. */
function fallBack(turn: Turn, run: Run, send: Send, reason: string, atMs: number): void {
  const [channel, ...remaining] = send.remaining
  if (channel === undefined) {
    wakeRun(turn, run, { type: 'unsent', reason }, atMs)
    return
  }
  const fallback: Run = {
    ...run,
    wait: {
      type: 'send',
      send: {
        ...send,
        channel,
        remaining,
        attempt: 0,
        firstTriedAtMs: atMs,
        phase: 'retry',
        retryAtMs: null,
      },
    },
  }
  putRun(turn, fallback)
  if (run.status === 'active') retrySend(turn, fallback, atMs)
}
