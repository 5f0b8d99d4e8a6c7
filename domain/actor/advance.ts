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
import { applyLoaded, knownFacts } from '../customers/facts.ts'
import { applyConsent, followUp, happen } from './happenings.ts'
import type { EventBatch, Input, Loaded } from './inputs.ts'
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
    case 'sendOutcome':
      applySendOutcome(turn, input.deliveryId, input.attempt, input.outcome)
      followUp(turn, turn.nowMs)
      return
    case 'callOutcome':
      applyCallOutcome(turn, input.callId, input.attempt, input.outcome)
      followUp(turn, turn.nowMs)
      return
    case 'cancelled':
      for (const run of turn.state.runs) endRun(turn, run, turn.nowMs, input.reason)
      patch(turn, { deferred: [], pending: null, arbitration: null })
  }
}

/**
 * While a decision is open, changes of consent and exclusions are applied now and taken out of the batch
 * that waits. What an event opens is opened now, and once more when its turn comes, which changes nothing.
 */
function forbidAtOnce(turn: Turn, batch: EventBatch): EventBatch {
  if (turn.state.arbitration === null || isRepeated(turn, batch)) return batch
  const items = batch.items.filter(({ type }) => type !== 'consent' && type !== 'exclusion')
  for (const item of batch.items) {
    if (item.type === 'consent') applyConsent(turn, item)
    if (item.type === 'exclusion') applyExclusion(turn, item)
    if (item.type === 'event') openByEvent(turn, item)
  }
  return items.length === batch.items.length ? batch : { ...batch, items }
}

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
}

/** Rules that must be loaded before an actor can go on; null when all are there. */
export function missingRules(actor: CustomerState, rules: Rules): LoadRequest | null {
  const wanted = actor.wantedBook ?? actor.bookHash
  const isBookMissing = wanted !== null && rules.book?.hash !== wanted
  const hashes = [...actor.runs.map((run) => run.hash), ...wantedByNext(actor)]
  const definitions = [...new Set(hashes)].filter((hash) => rules.definitions[hash] === undefined)
  if (!isBookMissing && definitions.length === 0) return null
  return {
    bookHash: isBookMissing ? wanted : null,
    definitions,
    known: knownFacts(actor.facts),
    throughBatch: actor.lastBatch,
  }
}

/** Versions that a migration takes runs to, or back to, with the batch that comes next. */
function wantedByNext({ collected: [next] }: CustomerState): string[] {
  if (next?.type !== 'batch') return []
  return next.batch.items.flatMap((item) => (item.type === 'migrate' ? [item.hash] : []))
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
    facts: applyLoaded(turn.state.facts, book, loaded),
  })
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
  if (turn.state.handled.length > 0 && !isDue) updateLifecycle(turn, turn.nowMs, 'rules')
}

function finish(turn: Turn, isLast: boolean): Advanced {
  const hasNews =
    noteGroup(turn, turn.nowMs) ||
    turn.entries.length > 0 ||
    turn.runs.size > 0 ||
    turn.dropped.length > 0 ||
    turn.moves.length > 0 ||
    turn.exclusions.size > 0 ||
    turn.failures.length > 0
  if (hasNews || isLast) attachRecord(turn, isLast)
  const { state } = turn
  const isBlocked = state.arbitration !== null || state.loading !== null
  const wakeAtMs = isBlocked ? null : nextDueAtMs(turn)
  return { actor: state, effects: turn.effects, wakeAtMs, visits: turn.visits }
}

/**
 * The record rides on the turn's first regular activity; else, and always in an actor's last turn, it
 * is written by itself, with a snapshot.
 */
function attachRecord(turn: Turn, isLast: boolean): void {
  patch(turn, { turn: turn.state.turn + 1 })
  const record = recordOf(turn)
  const carrier = turn.effects.findIndex(canCarry)
  const effect = turn.effects[carrier]
  if (!isLast && effect !== undefined && canCarry(effect))
    turn.effects[carrier] = { ...effect, record }
  else turn.effects.push({ type: 'record', record, snapshot: turn.state })
}

type Carrier = Extract<Effect, { type: 'arbitrate' | 'deliver' | 'call' }>

const canCarry = (effect: Effect): effect is Carrier =>
  effect.type === 'arbitrate' || effect.type === 'deliver' || effect.type === 'call'

function recordOf(turn: Turn): TurnRecord {
  const { state } = turn
  const isBlocked = state.arbitration !== null || state.loading !== null
  const { sinceMs, state: lifecycle, previous, reason } = state.lifecycle
  return {
    customerId: state.customerId,
    turn: state.turn,
    entries: turn.entries,
    runs: [...turn.runs.values()],
    deliveries: turn.dropped,
    traits: turn.traits,
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
      nextWakeAtMs: isBlocked ? null : nextDueAtMs(turn),
      ...(state.group === undefined ? {} : { group: state.group }),
    },
    failures: [...turn.failures, ...turn.standingFailures.values()],
  }
}
