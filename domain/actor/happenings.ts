import { evaluateExpression, type ScopeEvent } from '../conditions.ts'
import type { Cause } from '../decisioning/arbitration.ts'
import type { EntryRule, ExitRule, Trigger } from '../journeys/journey.ts'
import { isMeantBy, isReachedBy } from '../journeys/requested-entry.ts'
import { addDuration } from '../time.ts'
import { touchpointOf } from '../touchpoints/touchpoint.ts'
import {
  HANDLED_MAX,
  type EntryEvent,
  type HeardEvent,
  type Run,
  type Triggered,
} from './customer-state.ts'
import { changeFacts, countEvent } from '../customers/facts.ts'
import type { BatchItem } from './inputs.ts'
import { rearmDates } from './dates.ts'
import { hear } from './hearing.ts'
import { updateLifecycle } from './lifecycle-change.ts'
import { migrateRun } from './migrate-run.ts'
import { endRun } from './run-ends.ts'
import { applyExclusion } from './exclusions.ts'
import { takeOffer } from './offers.ts'
import { closeByEvent, judgeStanding, openByEvent } from './exclusion-rules.ts'
import { absorb } from './absorb.ts'
import { applyConsent } from './consents.ts'
import { applyCallOutcome } from './call-outcomes.ts'
import { applySendOutcome, releaseSends } from './send-outcomes.ts'
import { isTriggered, qualify } from './triggers.ts'
import { definitionOf, holds, note, patch, scopeOf, type Turn, valueOr } from './turn.ts'

/** A trigger that arrives later than this changes facts and starts nothing. */
export const MAX_LATENESS_MS = 86_400_000

type EventItem = Extract<BatchItem, { type: 'event' }>
type ExitItem = Extract<BatchItem, { type: 'exit' }>

/** Applies one row of the customer's log: facts, lifecycle, exits, goals, waits, then triggers. */
export function happen(turn: Turn, item: BatchItem, entryRules: readonly EntryRule[]): void {
  const atMs = item.receivedAtMs
  switch (item.type) {
    case 'event':
      happenEvent(turn, item, entryRules)
      break
    case 'facts':
      learn(turn, item, atMs)
      break
    case 'consent':
      applyConsent(turn, item)
      break
    case 'exit':
      for (const run of turn.state.runs) {
        if (isMeant(run, item)) endRun(turn, run, atMs, item.reason)
      }
      break
    case 'migrate':
      migrateRun(turn, item)
      break
    case 'exclusion':
      applyExclusion(turn, item)
      break
    case 'offer':
      takeOffer(turn, item)
      break
    case 'release':
      releaseSends(turn, item, atMs)
      break
    case 'absorb':
      absorb(turn, item)
      break
    case 'outcome':
      if (item.kind === 'send') applySendOutcome(turn, item.key, item.attempt, item.outcome)
      else applyCallOutcome(turn, item.key, item.attempt, item.outcome)
      break
    case 'leave':
      // When the batch is over: what came with it is heard first.
      break
  }
  followUp(turn, atMs)
  patch(turn, { handled: [...turn.state.handled, [item.seq, null] as const].slice(-HANDLED_MAX) })
}

/** What follows from whatever has changed: exclusions and exits without an event are judged, dates reckoned anew. */
export function followUp(turn: Turn, atMs: number): void {
  judgeStanding(turn, atMs)
  rearmDates(turn, atMs)
  leaveWhereExitHolds(turn, null, atMs)
}

const isMeant = (run: Run, { journey, version }: ExitItem): boolean =>
  (journey === null || run.journey === journey) &&
  (version === undefined || run.version === version)

function happenEvent(turn: Turn, item: EventItem, entryRules: readonly EntryRule[]): void {
  const atMs = item.receivedAtMs
  const { book } = turn.rules
  if (book !== null) patch(turn, { facts: countEvent(turn.state.facts, book, item) })
  patch(turn, { lastEventAtMs: Math.max(turn.state.lastEventAtMs ?? 0, atMs) })
  learn(turn, item, atMs)
  if (item.historical === true) return
  openByEvent(turn, item)
  closeByEvent(turn, item)
  const event: ScopeEvent = item
  leaveWhereExitHolds(turn, event, atMs)
  reachGoals(turn, event, atMs)
  hear(turn, item, atMs)
  keepForStarts(turn, item)
  if (atMs - item.occurredAtMs > MAX_LATENESS_MS) return
  const cause: Cause = { type: 'event', event: item.name, seq: item.seq }
  const entry: EntryEvent = {
    seq: item.seq,
    name: item.name,
    occurredAtMs: item.occurredAtMs,
    receivedAtMs: atMs,
    properties: item.properties,
    ...touchpointOf(item),
    ...(item.depth === undefined ? {} : { depth: item.depth }),
  }
  const scope = scopeOf(turn, atMs, event, { entry })
  for (const rule of entryRules) {
    const isMatch = (trigger: Trigger) => isMeantBy(trigger, rule.journey, item)
    if (isReachedBy(rule.entry, rule.journey, item) || isTriggered(turn, rule, isMatch, scope))
      qualify(turn, rule, entry, cause, atMs)
  }
}

/** A journey that is triggered already may count what happens before its run has begun. */
function keepForStarts(turn: Turn, item: EventItem): void {
  const { pending } = turn.state
  if (pending === null || pending.triggered.length === 0) return
  const { seq, name, properties, occurredAtMs, receivedAtMs, depth } = item
  const heard: HeardEvent = {
    seq,
    name,
    properties,
    occurredAtMs,
    receivedAtMs,
    ...touchpointOf(item),
    ...(depth === undefined ? {} : { depth }),
  }
  patch(turn, { pending: { ...pending, happened: [...(pending.happened ?? []), heard] } })
}

/** Takes over what changed about the customer, then what follows for the lifecycle. */
function learn(
  turn: Turn,
  item: EventItem | Extract<BatchItem, { type: 'facts' }>,
  atMs: number,
): void {
  const { facts: change } = item
  if (change !== undefined) {
    patch(turn, {
      facts: changeFacts(turn.state.facts, change),
      known: turn.state.known || change.known === true,
      zone: change.zone ?? turn.state.zone,
    })
  }
  const isImport = item.type === 'event' ? item.historical === true : item.from === 'import'
  updateLifecycle(turn, atMs, isImport ? 'historical' : 'event')
}

/** Ends runs, and bars triggered journeys, whose exit is met. `event` null: rules without an event, after any change. */
function leaveWhereExitHolds(turn: Turn, event: ScopeEvent | null, atMs: number): void {
  for (const run of turn.state.runs) {
    const met = metExit(turn, definitionOf(turn, run.hash), event, run, atMs)
    if (met !== undefined) endRun(turn, run, atMs, met.reason ?? 'exit')
  }
  const { pending } = turn.state
  if (pending === null || pending.triggered.length === 0) return
  const triggered = pending.triggered.map((each): Triggered => {
    const met = each.barred === null ? metExit(turn, each.rule, event, each, atMs) : undefined
    return met === undefined
      ? each
      : {
          ...each,
          barred: {
            gate: 'exit',
            reason: met.reason ?? 'Its exit condition was met before it began.',
          },
        }
  })
  patch(turn, { pending: { ...pending, triggered } })
}

interface Exits {
  readonly journey?: string
  readonly key?: string
  readonly version: number
  readonly exit?: readonly ExitRule[]
}

function metExit(
  turn: Turn,
  rules: Exits,
  event: ScopeEvent | null,
  run: Pick<Run, 'entry'> & Partial<Pick<Run, 'answers'>>,
  atMs: number,
): ExitRule | undefined {
  const scope = scopeOf(turn, atMs, event, run)
  return rules.exit?.find(
    (rule, index) =>
      rule.event === event?.name &&
      holds(
        turn,
        rule.when,
        {
          journey: rules.journey ?? rules.key ?? '',
          version: rules.version,
          path: `/exit/${index}/when`,
        },
        scope,
      ),
  )
}

function reachGoals(turn: Turn, event: ScopeEvent, atMs: number): void {
  for (const run of turn.state.runs) {
    const { goal, version, key } = definitionOf(turn, run.hash)
    if (
      goal === undefined ||
      goal.event !== event.name ||
      atMs > addDuration(run.enteredAtMs, goal.within)
    )
      continue
    const scope = scopeOf(turn, atMs, event, run)
    if (!holds(turn, goal.when, { journey: key, version, path: '/goal/when' }, scope)) continue
    const value =
      goal.value === undefined
        ? null
        : valueOr(
            turn,
            evaluateExpression(goal.value, scope),
            { journey: key, version, path: '/goal/value' },
            null,
          )
    const valueMinor =
      typeof value === 'number' && Number.isFinite(value) ? Math.round(value * 100) : null
    note(turn, 'goal', atMs, `${key}@${version} reached its goal: ${event.name}`, {
      runId: run.runId,
      journey: key,
      version,
      valueMinor,
    })
    endRun(turn, run, atMs, 'goal', { goalValueMinor: valueMinor })
  }
}
