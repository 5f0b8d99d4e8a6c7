import type { ChannelName } from '../journeys/values.ts'
import type { Run, Send, Wake } from './customer-state.ts'
import type { DeliveryRequest } from './effects.ts'
import { judge, needsAddress, type GateFacts, type Verdict } from '../contact/gate.ts'
import { putRun, takeBackSend } from './run-store.ts'
import { tryOf } from './tries.ts'
import { definitionOf, type Turn } from './turn.ts'

/** How long a provider may stay away before a message is given up. */
const GIVE_UP_AFTER_MS = 3 * 86_400_000

/** What the actor's half of the gate says about one channel, on the state as it is now. */
export function verdictOf(
  { state, rules, nowMs }: Turn,
  wanted: Pick<GateFacts, 'class' | 'channel' | 'journey'> &
    Partial<Pick<GateFacts, 'sendWindow' | 'onCap' | 'spreadKey'>>,
): Verdict {
  const { channel, spreadKey = state.customerId } = wanted
  return judge(
    {
      ...wanted,
      marketingGranted: state.consents['marketing']?.[channel] === true,
      hasAddress: !needsAddress(channel) || state.facts.has[channel] === true,
      exclusions: state.exclusions,
      group: null,
      contacts: state.contacts,
      zone: state.zone === 'UTC' ? null : state.zone,
      sendWindow: wanted.sendWindow,
      onCap: wanted.onCap,
      spreadKey,
    },
    rules.book?.contact,
    nowMs,
  )
}

/**
 * Puts a message on its way over the first channel that passes the gate. Answers null when the run
 * now waits for a send, else why nothing went out.
 */
export function beginSend(
  turn: Turn,
  run: Run,
  wanted: Pick<Wanted, 'message' | 'channels' | 'sendByMs'>,
  atMs: number,
): Wake | null {
  return tryChannels(turn, run, { ...wanted, attempt: 1 }, atMs)
}

/** Like `beginSend`, for a send whose time has come again or that was taken back. */
export function trySendAgain(turn: Turn, run: Run, send: Send, atMs: number): Wake | null {
  const channels = [send.channel, ...send.remaining]
  return tryChannels(
    turn,
    run,
    {
      message: send.message,
      channels,
      attempt: send.attempt + 1,
      since: send,
      ...(send.sendByMs === undefined ? {} : { sendByMs: send.sendByMs }),
    },
    atMs,
  )
}

interface Wanted {
  readonly message: string
  readonly channels: readonly ChannelName[]
  readonly attempt: number
  readonly sendByMs?: number
  /** The send this one continues; its key and clock go on for the same channel. */
  readonly since?: Send
}

function tryChannels(
  turn: Turn,
  run: Run,
  { message, channels, attempt, sendByMs, since }: Wanted,
  atMs: number,
): Wake | null {
  const { class: messageClass } = definitionOf(turn, run.hash)
  const barred: string[] = []
  const isTooLate = sendByMs !== undefined && turn.nowMs > sendByMs
  if (isTooLate) barred.push('too_late')
  for (const [index, channel] of channels.entries()) {
    if (isTooLate) break
    const verdict = verdictOf(turn, { class: messageClass, channel, journey: run.journey })
    if (verdict.type !== 'send') {
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
      ...(sendByMs === undefined ? {} : { sendByMs }),
      phase: 'open',
      retryAtMs: null,
    }
    const sending: Run = { ...run, wait: { type: 'send', send } }
    putRun(turn, sending)
    turn.effects.push({ type: 'deliver', request: requestOf(turn, sending, send), record: null })
    return null
  }
  const [channel = 'email'] = channels
  const reason = barred.join('; ')
  drop(turn, run, { deliveryId: `${run.runId}.${run.visit}.${channel}`, message, channel }, reason)
  return { type: 'unsent', reason }
}

/** Notes a message that does not go out, now: in order with those that went out before it. */
function drop(
  turn: Turn,
  { runId, journey, version, step }: Run,
  what: Pick<Send, 'deliveryId' | 'message' | 'channel'>,
  reason: string,
): void {
  const { deliveryId, message, channel } = what
  const where = { runId, journey, version, step, atMs: turn.nowMs }
  turn.dropped.push({ deliveryId, ...where, message, channel, status: 'dropped', reason })
}

/** Settles what a run that ends was going to try again: nobody will. */
export function dropWaitingSend(turn: Turn, run: Run): void {
  if (run.wait?.type !== 'send') return
  const { send } = run.wait
  if (send.phase === 'retry' && send.attempt > 0) drop(turn, run, send, 'run_ended')
}

/** What the send activity is handed. Made anew when a send is issued again, with the same key. */
export function requestOf(turn: Turn, run: Run, send: Send): DeliveryRequest {
  const { deliveryId, message, channel, attempt, firstTriedAtMs, sendByMs } = send
  const giveUpAtMs = Math.min(firstTriedAtMs + GIVE_UP_AFTER_MS, sendByMs ?? Infinity)
  return {
    ...tryOf(turn, run, { attempt, giveUpAtMs }),
    deliveryId,
    message,
    channel,
    class: definitionOf(turn, run.hash).class,
  }
}

/** Takes back sends that have become forbidden; one that has started is left to its outcome. */
export function withdrawForbidden(turn: Turn): void {
  for (const run of turn.state.runs) {
    if (run.wait?.type !== 'send') continue
    const { class: messageClass } = definitionOf(turn, run.hash)
    const { channel } = run.wait.send
    const verdict = verdictOf(turn, { class: messageClass, channel, journey: run.journey })
    if (verdict.type !== 'send') takeBackSend(turn, run)
  }
}
