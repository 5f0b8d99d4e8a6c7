import type { Run, Send } from './customer-state.ts'
import type { SendOutcome } from './inputs.ts'
import { onTime } from './on-time.ts'
import { putRun } from './run-store.ts'
import { retrySend, wakeRun } from './walk.ts'
import { patch, runById, type Turn } from './turn.ts'

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
      setAside(turn, run, send, outcome.atMs)
      return
    case 'held':
      setAside(turn, run, send, outcome.untilMs, { as: 'held', reason: outcome.reason })
      return
    case 'parked':
      setAside(turn, run, send, null, { as: 'parked', reason: outcome.reason })
      return
    case 'stale':
      patch(turn, { wantedBook: outcome.bookHash })
      setAside(turn, run, send, turn.nowMs)
      return
    case 'withdrawn':
      setAside(turn, run, send, null)
      settleWithdrawn(turn, run.runId, atMs)
      return
    case 'refused':
    case 'dropped':
      fallBack(turn, run, send, outcome.reason, atMs)
  }
}

/** Until `retryAtMs`, or until somebody brings it back. */
function setAside(
  turn: Turn,
  run: Run,
  send: Send,
  retryAtMs: number | null,
  waits?: Send['waits'],
): void {
  const aside: Send = {
    ...send,
    phase: 'retry',
    retryAtMs,
    ...(waits === undefined ? {} : { waits }),
  }
  putRun(turn, { ...run, wait: { type: 'send', send: aside } })
}

/** Lets parked sends go on: each is judged anew, at once or when its run resumes. */
export function releaseSends(turn: Turn, deliveryId: string | null, atMs: number): void {
  for (const run of turn.state.runs) {
    if (run.wait?.type !== 'send' || run.wait.send.waits?.as !== 'parked') continue
    if (deliveryId !== null && run.wait.send.deliveryId !== deliveryId) continue
    const { waits: _waits, ...send } = run.wait.send
    putRun(turn, { ...run, wait: { type: 'send', send: { ...send, retryAtMs: atMs } } })
  }
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
