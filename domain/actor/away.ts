import { callRequestOf } from './calls.ts'
import type { Run, Send } from './customer-state.ts'
import { putRun } from './run-store.ts'
import { requestOf } from './sends.ts'
import type { Turn } from './turn.ts'

/**
 * Asks for what became of a send or a call that another customer had under way, where nobody has told by
 * now: the same try under the same key, which gets what is stored of it, or is carried out.
 */
export function askForAway(turn: Turn, run: Run): void {
  const { wait } = run
  if (wait?.type === 'send') {
    const { send } = wait
    if ((send.retryAtMs ?? 0) > turn.nowMs) return
    const asked: Run = {
      ...run,
      wait: { type: 'send', send: askedFor(turn, send) },
    }
    putRun(turn, asked)
    turn.effects.push({
      type: 'deliver',
      request: requestOf(turn, asked, askedFor(turn, send)),
      record: null,
    })
  }
  if (wait?.type === 'call') {
    const { call } = wait
    if ((call.retryAtMs ?? 0) > turn.nowMs) return
    const asked: Run = {
      ...run,
      wait: { type: 'call', call: { ...call, phase: 'open', retryAtMs: null } },
    }
    putRun(turn, asked)
    turn.effects.push({ type: 'call', request: callRequestOf(turn, asked, call), record: null })
  }
}

/** The batches of the other customer count differently: what this one has heard is named by its own. */
function askedFor({ state }: Turn, send: Send): Send {
  const throughBatch = send.throughBatch === undefined ? {} : { throughBatch: state.lastBatch }
  return { ...send, phase: 'open', retryAtMs: null, ...throughBatch }
}
