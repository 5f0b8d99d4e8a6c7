import { settle } from './contacts.ts'
import type { Run, Send } from './customer-state.ts'
import { rejudgeHeld } from './held-sends.ts'
import type { SendOutcome } from './inputs.ts'
import { onTime } from './on-time.ts'
import { putRun } from './run-store.ts'
import { sendDeadlineMs } from './send-deadline.ts'
import { giveUpLate } from './sends.ts'
import { retrySend, wakeRun } from './walk.ts'
import { patch, runById, type Turn } from './turn.ts'

/** A store that keeps saying that the actor's rules are old is not asked in a ring. */
const STALE_AGAIN_MS = 60_000

/**
 * Applies what became of a try. Its place under the caps is settled whoever still waits for it;
 * answers of sends that no run waits for any more change nothing else.
 */
export function applySendOutcome(
  turn: Turn,
  deliveryId: string,
  attempt: number,
  outcome: SendOutcome,
): void {
  const hasRoom = settle(turn, deliveryId, attempt, outcome)
  const run = turn.state.runs.find(
    ({ wait }) => wait?.type === 'send' && wait.send.deliveryId === deliveryId,
  )
  if (run?.wait?.type === 'send') {
    const { send } = run.wait
    if (send.attempt === attempt && send.phase !== 'retry') conclude(turn, run, send, outcome)
  }
  if (hasRoom) rejudgeHeld(turn, turn.nowMs, deliveryId)
}

function conclude(turn: Turn, run: Run, send: Send, outcome: SendOutcome): void {
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
      // Its time is up, and it would be due at once, again and again.
      if (turn.nowMs >= sendDeadlineMs(send)) {
        wakeRun(turn, run, giveUpLate(turn, run, send), atMs)
        return
      }
      setAside(turn, run, send, outcome.untilMs, { as: 'held', reason: outcome.reason })
      // It was held for what the actor had not heard yet, and has heard since.
      if (send.throughBatch !== undefined && send.throughBatch < turn.state.lastBatch)
        retryIfActive(turn, run.runId, atMs)
      return
    case 'parked':
      setAside(turn, run, send, null, { as: 'parked', reason: outcome.reason })
      return
    case 'stale':
      setAside(turn, run, send, againAfterStale(turn, send, outcome.bookHash))
      patch(turn, { wantedBook: outcome.bookHash })
      return
    case 'withdrawn':
      setAside(turn, run, send, null)
      retryIfActive(turn, run.runId, atMs)
      return
    case 'refused':
    case 'dropped':
      fallBack(turn, run, send, outcome.reason, atMs)
  }
}

/** As soon as the book is there; under the very rules that were called old it comes later. */
function againAfterStale({ state, rules, nowMs }: Turn, { policy }: Send, wanted: string): number {
  const isSame = state.bookHash === wanted && rules.book?.contact?.hash === policy
  return isSame ? nowMs + STALE_AGAIN_MS : nowMs
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

/**
 * Lets parked sends go on: each is judged anew, at once or when its run resumes. Before that the
 * arbiter is asked, where somebody else could take over: much may have happened since.
 */
export function releaseSends(
  turn: Turn,
  { deliveryId, reason }: { readonly deliveryId: string | null; readonly reason: string },
  atMs: number,
): void {
  let isReleased = false
  for (const run of turn.state.runs) {
    if (run.wait?.type !== 'send' || run.wait.send.waits?.as !== 'parked') continue
    if (deliveryId !== null && run.wait.send.deliveryId !== deliveryId) continue
    putRun(turn, { ...run, wait: { type: 'send', send: { ...run.wait.send, retryAtMs: atMs } } })
    isReleased = true
  }
  const { pending, runs, deferred } = turn.state
  const hasOthers = deferred.length > 0 || runs.some(({ status }) => status === 'paused')
  if (isReleased && pending === null && hasOthers)
    patch(turn, {
      pending: { cause: { type: 'sends_released', reason }, atMs, seqs: [], triggered: [] },
    })
}

/** The send of an active run is judged again at once; that of a paused one when it resumes. */
function retryIfActive(turn: Turn, runId: string, atMs: number): void {
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
  retryIfActive(turn, run.runId, atMs)
}
