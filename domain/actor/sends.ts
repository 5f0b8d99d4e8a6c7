import type { ChannelName, MessageClass } from '../journeys/journey.ts'
import type { CustomerState, Run, Send, Wake } from './customer-state.ts'
import type { DeliveryRequest } from './effects.ts'
import { judge, needsAddress, type Verdict } from '../customers/gate.ts'
import { putRun, takeBackSend } from './run-store.ts'
import { definitionOf, type Turn } from './turn.ts'

/** How long a provider may stay away before a message is given up. */
const GIVE_UP_AFTER_MS = 3 * 86_400_000

/** What the actor's half of the gate says about one channel, on the state as it is now. */
export function verdictOf(
  state: CustomerState,
  messageClass: MessageClass,
  channel: ChannelName,
): Verdict {
  return judge({
    class: messageClass,
    marketingGranted: state.consents['marketing']?.[channel] === true,
    hasAddress: !needsAddress(channel) || state.facts.has[channel] === true,
  })
}

/**
 * Puts a message on its way over the first channel that passes the gate. Answers null when the run
 * now waits for a send, else why nothing went out.
 */
export function beginSend(
  turn: Turn,
  run: Run,
  wanted: { message: string; channels: readonly ChannelName[] },
  atMs: number,
): Wake | null {
  return tryChannels(
    turn,
    run,
    { message: wanted.message, channels: wanted.channels, attempt: 1 },
    atMs,
  )
}

/** Like `beginSend`, for a send whose time has come again or that was taken back. */
export function trySendAgain(turn: Turn, run: Run, send: Send, atMs: number): Wake | null {
  const channels = [send.channel, ...send.remaining]
  return tryChannels(
    turn,
    run,
    { message: send.message, channels, attempt: send.attempt + 1, since: send },
    atMs,
  )
}

interface Wanted {
  readonly message: string
  readonly channels: readonly ChannelName[]
  readonly attempt: number
  /** The send this one continues; its key and clock go on for the same channel. */
  readonly since?: Send
}

function tryChannels(
  turn: Turn,
  run: Run,
  { message, channels, attempt, since }: Wanted,
  atMs: number,
): Wake | null {
  const { class: messageClass } = definitionOf(turn, run.hash)
  const barred: string[] = []
  for (const [index, channel] of channels.entries()) {
    const verdict = verdictOf(turn.state, messageClass, channel)
    if (verdict.type === 'drop') {
      barred.push(`${channel}: ${verdict.reason}`)
      continue
    }
    const isContinued = since?.channel === channel
    const send: Send = {
      deliveryId: `${run.runId}.${run.visit}.${channel}`,
      channel,
      message,
      remaining: channels.slice(index + 1),
      attempt: isContinued ? attempt : 1,
      firstTriedAtMs: isContinued ? since.firstTriedAtMs : atMs,
      phase: 'open',
      retryAtMs: null,
    }
    const sending: Run = { ...run, wait: { type: 'send', send } }
    putRun(turn, sending)
    turn.effects.push({ type: 'deliver', request: requestOf(turn, sending, send), record: null })
    return null
  }
  const [first = 'email'] = channels
  turn.dropped.push({
    deliveryId: `${run.runId}.${run.visit}.${first}`,
    atMs,
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    step: run.step,
    message,
    channel: first,
    status: 'dropped',
    reason: barred.join('; '),
  })
  return { type: 'unsent', reason: barred.join('; ') }
}

/** What the send activity is handed. Made anew when a send is issued again, with the same key. */
export function requestOf(turn: Turn, run: Run, send: Send): DeliveryRequest {
  const { state } = turn
  return {
    deliveryId: send.deliveryId,
    customerId: state.customerId,
    test: state.test,
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    hash: run.hash,
    step: run.step,
    message: send.message,
    channel: send.channel,
    class: definitionOf(turn, run.hash).class,
    attempt: send.attempt,
    entry: run.entry,
    nowMs: turn.nowMs,
    giveUpAtMs: send.firstTriedAtMs + GIVE_UP_AFTER_MS,
    lifecycle: state.lifecycle.state,
    counts: Object.fromEntries(
      Object.entries(state.facts.counters).map(([name, { total }]) => [name, total]),
    ),
  }
}

/** Takes back sends that have become forbidden; one that has started is left to its outcome. */
export function withdrawForbidden(turn: Turn): void {
  for (const run of turn.state.runs) {
    if (run.wait?.type !== 'send') continue
    const { class: messageClass } = definitionOf(turn, run.hash)
    const verdict = verdictOf(turn.state, messageClass, run.wait.send.channel)
    if (verdict.type === 'drop') takeBackSend(turn, run)
  }
}
