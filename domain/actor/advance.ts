import type { CustomerState, LoadRequest, PendingDecision } from './customer-state.ts'
import { openArbitration } from './candidates.ts'
import { applyAnswer } from './decisions.ts'
import { rearmDates } from './dates.ts'
import { fireDue, nextDueAtMs } from './due.ts'
import type { Effect, TurnRecord } from './effects.ts'
import { applyExclusion } from './exclusions.ts'
import { dropFormerRules, judgeStanding, openByEvent } from './exclusion-rules.ts'
import { noteGroup } from './customer-group.ts'
import { rejudgeHeld } from './held-sends.ts'
import { applyLoaded, knownFacts, NO_FACTS } from '../customers/facts.ts'
import { leave } from './leave.ts'
import { applyConsent } from './consents.ts'
import { recall } from './contacts.ts'
import { followUp, happen } from './happenings.ts'
import type { EventBatch, ForwardedOutcome, Input, Loaded } from './inputs.ts'
import { qualifyForLifecycle, updateLifecycle } from './lifecycle-change.ts'
import { endRun } from './run-ends.ts'
import { applySendOutcome } from './send-outcomes.ts'
import { applyCallOutcome } from './call-outcomes.ts'
import { callRequestOf } from './calls.ts'
import { requestOf } from './sends.ts'
import { beginTurn, patch, type Rules, type StepVisit, type Turn } from './turn.ts'

export interface Advanced {
  readonly actor: CustomerState
  readonly effects: readonly Effect[]
  /** When to call again if nothing happens; null while only an answer can move the actor. */
  readonly wakeAtMs: number | null
  /** Steps that runs came to, in order: for those who count. */
  readonly visits: readonly StepVisit[]
}

/**
 * One step of an actor's life: what has happened goes in, what it wants comes out.
 *
 * Invariants:
 *  I1  A batch is applied once, in order of its number; any other number is ignored.
 *  I2  At most one arbitration is open. While it is, batches collect and due instants wait; answers
 *      of sends and calls and withdrawn consent are applied at once.
 *  I3  Nothing is handled under rules that are not loaded.
 *  I4  In the foreground at most one run is active. In the service lane at most `SERVICE_RUNS_MAX` are open.
 *  I5  An instant fires before an event that was received at or after it, at its own time.
 *  I6  One that becomes part of another customer starts, fires and hears nothing, and hands over until it is done.
 *
 * Pure: same arguments, same answer. Cost: microseconds (`bench/`), linear in inputs and runs.
 */
export function advance(
  actor: CustomerState,
  rules: Rules,
  inputs: readonly Input[],
  nowMs: number,
): Advanced {
  const turn = beginTurn(actor, rules, nowMs)
  for (const input of inputs) receive(turn, input)
  const isLast = inputs.some(({ type }) => type === 'cancelled')
  if (!isLast) drain(turn)
  return finish(turn, isLast)
}

/** What an actor still has open, to be issued again after a restart: same ids, so nothing happens twice. */
export function openEffects(actor: CustomerState, rules: Rules, nowMs: number): Effect[] {
  const turn = beginTurn(actor, rules, nowMs)
  const effects: Effect[] = []
  const legacy = actor.leaving?.legacy
  if (legacy !== undefined) effects.push({ type: 'handOver', legacy, record: null })
  if (actor.loading !== null) effects.push({ type: 'load', request: actor.loading })
  if (actor.arbitration !== null)
    effects.push({ type: 'arbitrate', request: actor.arbitration, record: null })
  for (const run of actor.runs) {
    const { wait } = run
    // A paused run that has heard the outcome has nothing under way any more.
    if (run.heard !== null) continue
    if (wait?.type === 'send' && wait.send.phase === 'open')
      effects.push({ type: 'deliver', request: requestOf(turn, run, wait.send), record: null })
    if (wait?.type === 'call' && wait.call.phase === 'open')
      effects.push({ type: 'call', request: callRequestOf(turn, run, wait.call), record: null })
  }
  return effects
}

function receive(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'batch':
      // What comes after its last batch is the other customer's.
      if (turn.state.leaving !== undefined) return
      patch(turn, {
        collected: [
          ...turn.state.collected,
          { type: 'batch', batch: forbidAtOnce(turn, input.batch) },
        ],
      })
      return
    case 'loaded':
      takeRules(turn, input.loaded)
      return
    case 'arbitrated':
      applyAnswer(turn, input.answer)
      turn.isChanged = true
      followUp(turn, turn.nowMs)
      return
    case 'handedOver':
      takeLeave(turn, input.mergeId)
      return
    case 'sendOutcome':
      if (forwarded(turn, { kind: 'send', key: input.deliveryId, ...input })) return
      applySendOutcome(turn, input.deliveryId, input.attempt, input.outcome)
      followUp(turn, turn.nowMs)
      return
    case 'callOutcome':
      if (forwarded(turn, { kind: 'call', key: input.callId, ...input })) return
      applyCallOutcome(turn, input.callId, input.attempt, input.outcome)
      followUp(turn, turn.nowMs)
      return
    case 'cancelled':
      // What it had is another customer's.
      if (turn.state.leaving !== undefined) return
      for (const run of turn.state.runs) endRun(turn, run, turn.nowMs, input.reason)
      patch(turn, { deferred: [], pending: null, arbitration: null })
  }
}

/** What it held is the other customer's: what is still under way will be told there. */
function takeLeave(turn: Turn, mergeId: string): void {
  const { leaving } = turn.state
  if (leaving?.mergeId !== mergeId) return
  const { legacy: _handedOver, ...left } = leaving
  patch(turn, { leaving: { ...left, isHandedOver: true } })
}

/** Whether the outcome is another customer's affair, and on its way there. */
function forwarded(
  { state, effects }: Turn,
  { kind, key, attempt, outcome }: ForwardedOutcome,
): boolean {
  if (state.leaving === undefined) return false
  const { mergeId } = state.leaving
  effects.push({
    type: 'forward',
    mergeId,
    outcome: { kind, key, attempt, outcome } as ForwardedOutcome,
  })
  return true
}

/**
 * While a decision is open, changes of consent and exclusions are applied now and taken out of the batch
 * that waits. What an event opens is opened now, and once more when its turn comes, which changes nothing.
 */
function forbidAtOnce(turn: Turn, batch: EventBatch): EventBatch {
  if (turn.state.arbitration === null || isRepeated(turn, batch)) return batch
  // What a merge brings is older: these are applied once more after it, so that the newest word holds.
  const isAfterMerge = turn.state.collected.some(bringsMerge) || hasMerge(batch)
  const items = batch.items.filter(({ type }) => type !== 'consent' && type !== 'exclusion')
  for (const item of batch.items) {
    if (item.type === 'consent') applyConsent(turn, item)
    if (item.type === 'exclusion') applyExclusion(turn, item)
    if (item.type === 'event') openByEvent(turn, item)
  }
  if (isAfterMerge || items.length === batch.items.length) return batch
  return { ...batch, items }
}

const hasMerge = ({ items }: EventBatch): boolean => items.some(({ type }) => type === 'absorb')

const bringsMerge = (input: Input): boolean => input.type === 'batch' && hasMerge(input.batch)

function isRepeated({ state }: Turn, { n }: EventBatch): boolean {
  return (
    n <= state.lastBatch ||
    state.collected.some((input) => input.type === 'batch' && input.batch.n === n)
  )
}

/** Handles what has collected, as far as nothing has to be loaded or decided first. */
function drain(turn: Turn): void {
  for (;;) {
    const { state } = turn
    if (state.arbitration !== null || state.loading !== null) return
    if (state.leaving !== undefined) return
    const request = missingRules(turn.state, turn.rules)
    if (request !== null) {
      patch(turn, { loading: request })
      turn.effects.push({ type: 'load', request })
      return
    }
    if (state.pending !== null) {
      openArbitration(turn, state.pending)
      return
    }
    const [next, ...rest] = state.collected
    if (next?.type === 'batch') {
      if (next.batch.n === state.lastBatch + 1 && next.batch.bookHash !== state.bookHash) {
        patch(turn, { wantedBook: next.batch.bookHash })
        continue
      }
      patch(turn, { collected: rest })
      if (next.batch.n === state.lastBatch + 1) applyBatch(turn, next.batch)
      continue
    }
    if (turn.isChanged) {
      turn.isChanged = false
      rejudgeHeld(turn, turn.nowMs)
      continue
    }
    fireDue(turn, turn.nowMs)
    if (turn.state.pending === null && !turn.isChanged) return
  }
}

function applyBatch(turn: Turn, batch: EventBatch): void {
  // What a send of this batch must not do is known by the end of it, and the send taken back.
  patch(turn, { lastBatch: batch.n })
  turn.isChanged = true
  for (const item of batch.items) {
    fireDue(turn, item.receivedAtMs)
    happen(turn, item, batch.entryRules)
  }
  const pending: PendingDecision | null = turn.state.pending
  if (pending !== null)
    patch(turn, { pending: { ...pending, seqs: batch.items.map(({ seq }) => seq) } })
  const leaving = batch.items.find((item) => item.type === 'leave')
  if (leaving !== undefined) leave(turn, leaving)
}

/** Rules that must be loaded before an actor can go on; null when all are there. */
export function missingRules(actor: CustomerState, rules: Rules): LoadRequest | null {
  const wanted = actor.wantedBook ?? actor.bookHash
  const isBookMissing = wanted !== null && rules.book?.hash !== wanted
  const unites = wanted === null ? undefined : mergeOfNext(actor)
  const hashes = [...actor.runs.map((run) => run.hash), ...wantedByNext(actor)]
  const definitions = [...new Set(hashes)].filter((hash) => rules.definitions[hash] === undefined)
  if (!isBookMissing && definitions.length === 0 && unites === undefined) return null
  return {
    bookHash: isBookMissing || unites !== undefined ? wanted : null,
    definitions,
    known: knownFacts(unites === undefined ? actor.facts : NO_FACTS),
    throughBatch: actor.lastBatch,
    ...(unites === undefined ? {} : { unites }),
    ...(unites === undefined && actor.recalled !== undefined ? { recalled: actor.recalled } : {}),
  }
}

/** Versions that the batch that comes next takes runs to, or back to, or whose runs it brings. */
function wantedByNext({ collected: [next] }: CustomerState): string[] {
  if (next?.type !== 'batch') return []
  return next.batch.items.flatMap((item) => {
    if (item.type === 'migrate') return [item.hash]
    return item.type === 'absorb' ? (item.from.runs ?? []).map(({ hash }) => hash) : []
  })
}

/** The last merge in the batch that comes next, where facts of before it are still to be loaded anew. */
function mergeOfNext(actor: CustomerState): string | undefined {
  const { collected, united, lastBatch } = actor
  const [next] = collected
  if (next?.type !== 'batch' || next.batch.n !== lastBatch + 1) return undefined
  const merge = next.batch.items.findLast((item) => item.type === 'absorb')
  return merge === undefined || merge.mergeId === united ? undefined : merge.mergeId
}

/** The rules an actor has once an input is there: what was loaded, the definitions of runs that start. */
export function absorbRules(rules: Rules, input: Input): Rules {
  if (input.type === 'loaded') {
    const loaded = Object.fromEntries(
      input.loaded.definitions.map((definition) => [definition.hash, definition]),
    )
    return {
      book: input.loaded.book ?? rules.book,
      definitions: { ...rules.definitions, ...loaded },
    }
  }
  if (input.type !== 'arbitrated' || input.answer.type !== 'decided') return rules
  const { definition, besides = {} } = input.answer
  const starting = [...(definition === null ? [] : [definition]), ...Object.values(besides)]
  if (starting.length === 0) return rules
  const added = Object.fromEntries(starting.map((each) => [each.hash, each]))
  return { ...rules, definitions: { ...rules.definitions, ...added } }
}

/** Takes over a loaded book: its counts, the lifecycle under its thresholds, what it newly triggers. */
function takeRules(turn: Turn, loaded: Loaded): void {
  patch(turn, { loading: null })
  turn.isChanged = true
  const { book } = turn.rules
  if (loaded.book === null || book === null) return
  patch(turn, {
    bookHash: book.hash,
    wantedBook: book.hash,
    // After a merge all is loaded anew: what was held counts one customer only.
    facts: applyLoaded(loaded.unites === undefined ? turn.state.facts : NO_FACTS, book, loaded),
    ...(loaded.unites === undefined ? {} : { united: loaded.unites }),
  })
  recall(turn, loaded)
  for (const run of turn.state.runs)
    if (book.stopped?.includes(run.hash) === true) endRun(turn, run, turn.nowMs, 'version_stopped')
  dropFormerRules(turn, turn.nowMs)
  judgeStanding(turn, turn.nowMs)
  rearmDates(turn, turn.nowMs)
  const { pending } = turn.state
  if (pending?.cause.type === 'lifecycle') qualifyForLifecycle(turn, pending.cause, pending.atMs)
  // A deadline that has passed, while nobody ran, is fired at its own instant and asks the arbiter.
  const { nextAtMs } = turn.state.lifecycle
  const isDue = nextAtMs !== null && nextAtMs <= turn.nowMs
  // After a merge it is judged once the other's runs are there: nothing starts before they are.
  const isMerging = loaded.unites !== undefined
  if (turn.state.handled.length > 0 && !isDue && !isMerging)
    updateLifecycle(turn, turn.nowMs, 'rules')
}

function finish(turn: Turn, isLast: boolean): Advanced {
  const hasNews =
    (turn.state.leaving === undefined && noteGroup(turn, turn.nowMs)) ||
    turn.entries.length > 0 ||
    turn.runs.size > 0 ||
    turn.dropped.length > 0 ||
    turn.moves.length > 0 ||
    turn.exclusions.size > 0 ||
    turn.failures.length > 0
  if (hasNews || isLast) attachRecord(turn, isLast)
  const { state } = turn
  const wakeAtMs = isBlocked(state) ? null : nextDueAtMs(turn)
  return { actor: state, effects: turn.effects, wakeAtMs, visits: turn.visits }
}

/** Whether no instant fires: an answer comes first, or the actor is another customer's. */
const isBlocked = ({ arbitration, loading, leaving }: CustomerState): boolean =>
  arbitration !== null || loading !== null || leaving !== undefined

/**
 * The record rides on the turn's first regular activity, the hand-over before all others; else, and always in an actor's last turn, it
 * is written by itself, with a snapshot.
 */
function attachRecord(turn: Turn, isLast: boolean): void {
  patch(turn, { turn: turn.state.turn + 1 })
  const record = recordOf(turn)
  const handOver = turn.effects.findIndex(({ type }) => type === 'handOver')
  const carrier = handOver < 0 ? turn.effects.findIndex(canCarry) : handOver
  const effect = turn.effects[carrier]
  if (!isLast && effect !== undefined && canCarry(effect))
    turn.effects[carrier] = { ...effect, record }
  else turn.effects.push({ type: 'record', record, snapshot: turn.state })
}

type Carrier = Extract<Effect, { type: 'arbitrate' | 'deliver' | 'call' | 'handOver' }>

const canCarry = (effect: Effect): effect is Carrier =>
  effect.type === 'arbitrate' ||
  effect.type === 'deliver' ||
  effect.type === 'call' ||
  effect.type === 'handOver'

function recordOf(turn: Turn): TurnRecord {
  const { state } = turn
  const { sinceMs, state: lifecycle, previous, reason } = state.lifecycle
  return {
    customerId: state.customerId,
    turn: state.turn,
    entries: turn.entries,
    runs: [...turn.runs.values()],
    deliveries: turn.dropped,
    traits: turn.traits,
    ...(Object.keys(turn.traitsBy).length === 0 ? {} : { traitsBy: turn.traitsBy }),
    ...(turn.emitted.length === 0 ? {} : { emitted: turn.emitted }),
    ...(turn.moves.length === 0 ? {} : { moves: turn.moves }),
    ...(turn.exclusions.size === 0 ? {} : { exclusions: [...turn.exclusions.values()] }),
    page: {
      atMs: turn.nowMs,
      lifecycle: { state: lifecycle, sinceMs, previous, reason },
      deferred: state.deferred.map(({ rule, untilMs, reason: why }) => ({
        journey: rule.journey,
        untilMs,
        reason: why,
      })),
      nextWakeAtMs: isBlocked(state) ? null : nextDueAtMs(turn),
      ...(state.group === undefined ? {} : { group: state.group }),
    },
    failures: [...turn.failures, ...turn.standingFailures.values()],
  }
}
