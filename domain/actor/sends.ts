import type { Verdict } from '../contact/gate.ts'
import type { ChannelName } from '../journeys/values.ts'
import { reserve } from './contacts.ts'
import { groupOf } from './customer-group.ts'
import type { Run, Send, Wake } from './customer-state.ts'
import type { DeliveryRequest, DroppedDelivery } from './effects.ts'
import { putRun, takeBackSend } from './run-store.ts'
import { sendDeadlineMs } from './send-deadline.ts'
import { tryOf } from './tries.ts'
import { definitionOf, type Turn } from './turn.ts'
import { verdictOf } from './verdicts.ts'

/** What a message step wants, on the channels that are left. */
type Wish = Pick<Send, 'message' | 'sendByMs' | 'sendWindow' | 'onCap'> & {
  readonly channels: readonly ChannelName[]
}

/**
 * Puts a message on its way over the first channel that passes the gate, or sets it aside where the
 * gate holds it. Answers null when the run now waits for a send, else why nothing went out.
 */
export const beginSend = (turn: Turn, run: Run, wish: Wish, atMs: number): Wake | null =>
  tryChannels(turn, run, wish, null, atMs)

/** Like `beginSend`, for a send whose time has come again or that was taken back. */
export const trySendAgain = (turn: Turn, run: Run, send: Send, atMs: number): Wake | null =>
  tryChannels(turn, run, { ...send, channels: [send.channel, ...send.remaining] }, send, atMs)

/** @param since the send this one continues; its key and clock go on for the same channel */
function tryChannels(
  turn: Turn,
  run: Run,
  wish: Wish,
  since: Send | null,
  atMs: number,
): Wake | null {
  const { channels } = wish
  const [first = 'email'] = channels
  if (isTooLate(turn, wish, since)) return giveUp(turn, run, wish, first, 'dropped', 'too_late')
  const refusals: string[] = []
  let isCapped = false
  for (const [index, channel] of channels.entries()) {
    const send = sendOn(run, wish, channel, channels.slice(index + 1), since, atMs)
    const verdict = verdictOn(turn, run, send)
    switch (verdict.type) {
      case 'send':
        issue(turn, run, send, verdict)
        return null
      case 'hold':
        if (turn.nowMs >= sendDeadlineMs(send))
          return giveUp(turn, run, wish, channel, 'dropped', 'too_late')
        hold(turn, run, send, verdict)
        return null
      case 'skip':
        return giveUp(turn, run, wish, channel, 'skipped', verdict.reason)
      case 'otherChannel':
        isCapped = true
        break
      case 'drop':
        break
    }
    refusals.push(`${channel}: ${verdict.reason}`)
    // Its row must not go on saying that it waits.
    if (index < channels.length - 1 && isStored(send))
      noteUnsent(turn, run, send, 'dropped', verdict.reason)
  }
  return giveUp(turn, run, wish, first, isCapped ? 'skipped' : 'dropped', refusals.join('; '))
}

/** Gives up a send that its activity holds still when its time is up. */
export const giveUpLate = (turn: Turn, run: Run, send: Send): Wake =>
  giveUp(turn, run, send, send.channel, 'dropped', 'too_late')

/** A send that was stopped and is released must not come days after its time; others were tried meanwhile. */
function isTooLate({ nowMs }: Turn, { sendByMs }: Wish, since: Send | null): boolean {
  if (sendByMs !== undefined) return nowMs > sendByMs
  return since?.waits?.as === 'parked' && nowMs > sendDeadlineMs(since)
}

function sendOn(
  run: Run,
  { message, sendByMs, sendWindow, onCap }: Wish,
  channel: ChannelName,
  remaining: readonly ChannelName[],
  since: Send | null,
  atMs: number,
): Send {
  const continued = since?.channel === channel ? since : null
  return {
    deliveryId: deliveryIdOf(run, channel),
    channel,
    message,
    remaining,
    ...(sendByMs === undefined ? {} : { sendByMs }),
    ...(sendWindow === undefined ? {} : { sendWindow }),
    ...(onCap === undefined ? {} : { onCap }),
    attempt: continued?.attempt ?? 0,
    firstTriedAtMs: continued?.firstTriedAtMs ?? atMs,
    phase: 'retry',
    retryAtMs: null,
    ...(continued?.waits === undefined ? {} : { waits: continued.waits }),
  }
}

const deliveryIdOf = ({ runId, visit }: Run, channel: ChannelName): string =>
  `${runId}.${visit}.${channel}`

const verdictOn = (turn: Turn, run: Run, send: Send): Verdict =>
  verdictOf(turn, {
    class: definitionOf(turn, run.hash).class,
    channel: send.channel,
    journey: run.journey,
    sendWindow: send.sendWindow,
    onCap: send.onCap,
    deliveryId: send.deliveryId,
  })

function issue(
  turn: Turn,
  run: Run,
  { waits: _waits, ...send }: Send,
  { instead }: Extract<Verdict, { type: 'send' }>,
): void {
  const { state, rules } = turn
  const contact = rules.book?.contact
  const open: Send = {
    ...send,
    attempt: send.attempt + 1,
    phase: 'open',
    ...(contact === undefined ? {} : { policy: contact.hash, throughBatch: state.lastBatch }),
    ...(instead === undefined ? {} : { instead }),
  }
  const { deliveryId: key, channel } = open
  const { class: messageClass } = definitionOf(turn, run.hash)
  reserve(turn, { key, channel, class: messageClass, journey: run.journey }, open.attempt)
  const sending: Run = { ...run, wait: { type: 'send', send: open } }
  putRun(turn, sending)
  turn.effects.push({ type: 'deliver', request: requestOf(turn, sending, open), record: null })
}

/** Until the gate may open, and whenever something changes. It waits no longer than to its deadline. */
function hold(
  turn: Turn,
  run: Run,
  send: Send,
  { reason, untilMs }: Extract<Verdict, { type: 'hold' }>,
): void {
  const { waits } = send
  const isNews = waits?.as !== 'held' || waits.reason !== reason
  const before = run.wait?.type === 'send' ? run.wait.send : null
  if (!isNews && before?.deliveryId === send.deliveryId && before.retryAtMs === untilMs) return
  const held: Send = { ...send, retryAtMs: untilMs, waits: { as: 'held', reason } }
  putRun(turn, { ...run, wait: { type: 'send', send: held } })
  if (isNews) noteUnsent(turn, run, held, 'held', reason)
}

function giveUp(
  turn: Turn,
  run: Run,
  { message }: Pick<Wish, 'message'>,
  channel: ChannelName,
  status: 'dropped' | 'skipped',
  reason: string,
): Wake {
  noteUnsent(
    turn,
    run,
    { deliveryId: deliveryIdOf(run, channel), message, channel },
    status,
    reason,
  )
  return { type: 'unsent', reason }
}

/** Notes a message that does not go out, now: in order with those that went out before it. */
function noteUnsent(
  turn: Turn,
  { runId, journey, version, step }: Run,
  { deliveryId, message, channel }: Pick<Send, 'deliveryId' | 'message' | 'channel'>,
  status: DroppedDelivery['status'],
  reason: string,
): void {
  const where = { runId, journey, version, step, atMs: turn.nowMs }
  turn.dropped.push({ deliveryId, ...where, message, channel, status, reason })
}

/** Whether a row says that it waits. */
const isStored = ({ attempt, waits }: Send): boolean => attempt > 0 || waits !== undefined

/** Settles what a run that ends was going to try again: nobody will. */
export function dropWaitingSend(turn: Turn, run: Run): void {
  if (run.wait?.type !== 'send') return
  const { send } = run.wait
  if (send.phase === 'retry' && isStored(send)) noteUnsent(turn, run, send, 'dropped', 'run_ended')
}

/** What the send activity is handed. Made anew when a send is issued again, with the same key. */
export function requestOf(turn: Turn, run: Run, send: Send): DeliveryRequest {
  const { deliveryId, message, channel, attempt, policy, throughBatch, instead, sendWindow } = send
  const group = groupOf(turn, turn.nowMs)
  return {
    ...tryOf(turn, run, { attempt, giveUpAtMs: sendDeadlineMs(send) }),
    deliveryId,
    message,
    channel,
    class: definitionOf(turn, run.hash).class,
    ...(policy === undefined ? {} : { policy }),
    ...(throughBatch === undefined ? {} : { throughBatch }),
    ...(group === null ? {} : { group }),
    ...(instead === undefined ? {} : { instead }),
    ...(sendWindow === undefined ? {} : { sendWindow }),
    ...(run.worth === undefined ? {} : { worth: run.worth }),
    ...(run.picks === undefined ? {} : { variants: variantsOf(run.picks) }),
  }
}

const variantsOf = (picks: NonNullable<Run['picks']>): string[] =>
  Object.entries(picks).map(([step, picked]) => `${step}:${picked}`)

/** Takes back sends that may not go out any more as they are; one that has started is left to its outcome. */
export function withdrawForbidden(turn: Turn): void {
  for (const run of turn.state.runs) {
    if (run.wait?.type !== 'send' || run.wait.send.phase !== 'open') continue
    const verdict = verdictOn(turn, run, run.wait.send)
    if (verdict.type !== 'send' || verdict.instead !== run.wait.send.instead)
      takeBackSend(turn, run)
  }
}

/** Whether a send that is stopped outside the actor has become one that is not to go out at all. */
export const isDropped = (turn: Turn, run: Run, send: Send): boolean =>
  verdictOn(turn, run, send).type === 'drop'
