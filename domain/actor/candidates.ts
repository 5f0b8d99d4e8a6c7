import type { ArbitrationRequest, Barred, Candidate } from '../decisioning/arbitration.ts'
import { DefinitionError } from '../errors.ts'
import type { Arbitration, Reentry, Validity } from '../journeys/journey.ts'
import type { IsoDuration } from '../journeys/values.ts'
import { hashText } from '../random.ts'
import { addDuration, durationMs, instantOf } from '../time.ts'
import type {
  Deferred,
  EntryEvent,
  JourneyMemory,
  PendingDecision,
  Run,
  Triggered,
} from './customer-state.ts'
import { contextOf, factorsNow, type FactorRule } from './context-factors.ts'
import { besideKey, entryKey, isAboutAnother } from './entry-key.ts'
import { hasFinishedStep } from './finishing.ts'
import { contactBar } from './contact-bar.ts'
import { isLocked } from './run-store.ts'
import { placeIn, unreachableBecause } from './triggers.ts'
import { activeRun, definitionOf, holds, isForeground, patch, scopeOf, type Turn } from './turn.ts'

/** How long an eligible loser chosen by hand is kept, where its journey does not say. */
const MANUAL_QUEUE_DEFAULT = 'P14D'

type Judged = Pick<Candidate, 'queueForMs' | 'barred'>

/** Asks the arbiter about what is pending, with every journey that could start or resume now. */
export function openArbitration(turn: Turn, pending: PendingDecision): void {
  const { state } = turn
  const { arbitration } = turn.rules.book ?? {}
  const factors = factorsNow(turn, pending.atMs)
  const serviceRuns = state.runs.filter((run) => !isForeground(run)).length
  const body: Omit<ArbitrationRequest, 'decisionId'> = {
    customerId: state.customerId,
    test: state.test,
    atMs: pending.atMs,
    bookHash: state.bookHash ?? '',
    cause: pending.cause,
    active: activeIn(turn, factors, pending.atMs),
    pausedRuns: state.runs.filter(({ status }) => status === 'paused').length,
    candidates: candidatesOf(turn, pending, factors),
    autoSwitchesAtMs: state.autoSwitchesAtMs,
    ...(serviceRuns === 0 ? {} : { serviceRuns }),
    ...(arbitration === undefined ? {} : { settings: arbitration.settings }),
  }
  const decisionId = `${state.customerId}.${state.decisionCount + 1}.${hashText(JSON.stringify(body))}`
  const request: ArbitrationRequest = { decisionId, ...body }
  patch(turn, { arbitration: request })
  turn.effects.push({ type: 'arbitrate', request, record: null })
}

/** The run that has the foreground, as the arbiter sees it. */
function activeIn(
  turn: Turn,
  factors: readonly FactorRule[],
  atMs: number,
): ArbitrationRequest['active'] {
  const active = activeRun(turn.state)
  if (active === undefined) return null
  const { class: messageClass, arbitration, onPreempt = 'pause' } = definitionOf(turn, active.hash)
  return {
    runId: active.runId,
    journey: active.journey,
    version: active.version,
    arbitration,
    activeSinceMs: active.activeSinceMs,
    locked: isLocked(turn, active, atMs),
    onPreempt: hasFinishedStep(active) ? 'pause' : onPreempt,
    ...contextOf(factors, { journey: active.journey, class: messageClass, arbitration }),
  }
}

function candidatesOf(
  turn: Turn,
  pending: PendingDecision,
  factors: readonly FactorRule[],
): Candidate[] {
  const { atMs } = pending
  const candidates = [
    ...pending.triggered.map((each) => candidateOf(turn, 'trigger', each, atMs, each.barred)),
    ...turn.state.deferred.map((each) =>
      candidateOf(turn, 'deferred', each, atMs, entryBar(turn, each, atMs), each.untilMs),
    ),
    ...turn.state.runs
      .filter((run) => run.status === 'paused')
      .map((run) => pausedCandidate(turn, run, atMs)),
  ]
  return candidates.map((each) => ({ ...each, ...contextOf(factors, each) }))
}

function candidateOf(
  turn: Turn,
  source: 'trigger' | 'deferred',
  {
    candidateId,
    rule,
    entry,
    qualifiedAtMs,
  }: Pick<Triggered, 'candidateId' | 'rule' | 'entry' | 'qualifiedAtMs'>,
  atMs: number,
  barred: Barred | null,
  expiresAtMs: number | null = null,
): Candidate {
  const judged = orFaulty(() => ({
    queueForMs: queueForMs(rule.arbitration, rule.queueFor),
    barred:
      validityBar(rule.valid, atMs) ??
      (barred?.gate === 'exit' ? barred : null) ??
      reentryBar(turn, rule, entry) ??
      barred ??
      reachableBar(turn, rule) ??
      contactBar(turn, rule, atMs),
  }))
  const key = besideKey(rule, entry)
  // The order of the members shapes the decision's id, and so a replay.
  return {
    candidateId,
    source,
    journey: rule.journey,
    version: rule.version,
    hash: rule.hash,
    class: rule.class,
    ...(rule.lane === undefined ? {} : { lane: rule.lane }),
    ...(key === null ? {} : { entryKey: key }),
    arbitration: rule.arbitration,
    qualifiedAtMs,
    queueForMs: judged.queueForMs,
    expiresAtMs,
    runId: null,
    barred: judged.barred,
  }
}

/** Who can be written to on none of its channels cannot be helped by it. */
function reachableBar(turn: Turn, rule: Triggered['rule']): Barred | null {
  const because = unreachableBecause(turn, rule)
  return because === null
    ? null
    : {
        gate: 'reachable',
        reason: `No channel that it uses is both permitted and reachable (${because}).`,
      }
}

/** A version that the checker would have refused takes nobody; it never fails the customer. */
function orFaulty(judge: () => Judged): Judged {
  try {
    return judge()
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    const reason = `Its definition is faulty: ${error.message}`
    return { queueForMs: null, barred: { gate: 'live', reason } }
  }
}

const queueForMs = (arbitration: Arbitration, queueFor: IsoDuration | undefined): number | null => {
  const kept = queueFor ?? (arbitration.mode === 'manual' ? MANUAL_QUEUE_DEFAULT : undefined)
  return kept === undefined ? null : durationMs(kept)
}

/** Outside the window for which a journey was written nobody starts and nobody is taken up again. */
function validityBar({ from, until }: Validity = {}, atMs: number): Barred | null {
  const isEarly = from !== undefined && atMs < instantOf(from)
  const isLate = until !== undefined && atMs >= instantOf(until)
  if (!isEarly && !isLate) return null
  const window = [
    from === undefined ? '' : `from ${from}`,
    until === undefined ? '' : `until ${until}`,
  ]
  return { gate: 'live', reason: `It runs ${window.join(' ').trim()} only.` }
}

/** The entry condition of a deferred candidate is judged again: much may have changed meanwhile. */
function entryBar(turn: Turn, { rule, entry }: Deferred, atMs: number): Barred | null {
  return holds(
    turn,
    rule.entry.when,
    placeIn(rule, '/entry/when'),
    scopeOf(turn, atMs, entry, { entry }),
  )
    ? null
    : { gate: 'entry', reason: 'Its entry condition does not hold any more.' }
}

/** Re-entry is counted over all versions; a paused run counts as inside. */
function reentryBar(turn: Turn, rule: Triggered['rule'], entry: EntryEvent): Barred | null {
  const { journey } = rule
  if (turn.state.runs.some((run) => run.journey === journey && !isAboutAnother(run, rule, entry)))
    return { gate: 'reentry', reason: 'The customer is inside already.' }
  const reentry: Reentry = rule.entry.reentry ?? { mode: 'never' }
  const key = entryKey(rule, entry)
  const memory: JourneyMemory | undefined = turn.state.journeys[journey]
  if (memory === undefined) return null
  switch (reentry.mode) {
    case 'never':
      return {
        gate: 'reentry',
        reason: 'The customer was in it before, and it may be entered once.',
      }
    case 'afterExit':
      return null
    case 'coolDown': {
      const againAtMs = addDuration(memory.lastEntryAtMs, reentry.for)
      return turn.nowMs >= againAtMs
        ? null
        : { gate: 'reentry', reason: `It was entered less than ${reentry.for} ago.` }
    }
    case 'perKey':
      return key !== null && memory.keys.includes(key)
        ? { gate: 'reentry', reason: `It was entered before for the same ${reentry.property}.` }
        : null
  }
}

function pausedCandidate(turn: Turn, run: Run, atMs: number): Candidate {
  const definition = definitionOf(turn, run.hash)
  const { until } = definition.valid ?? {}
  const place = { journey: run.journey, version: run.version, path: '/entry/when' }
  const isStill = holds(turn, definition.entry.when, place, scopeOf(turn, atMs, run.entry, run))
  const judged = orFaulty(() => ({
    queueForMs: null,
    barred:
      // Somebody may have been moved to a version that begins later: who is inside is inside.
      validityBar(until === undefined ? {} : { until }, atMs) ??
      (isStill ? null : { gate: 'entry', reason: 'Its entry condition does not hold any more.' }),
  }))
  return {
    candidateId: run.runId,
    source: 'paused',
    journey: run.journey,
    version: run.version,
    hash: run.hash,
    class: definition.class,
    arbitration: definition.arbitration,
    qualifiedAtMs: run.enteredAtMs,
    queueForMs: null,
    expiresAtMs: null,
    runId: run.runId,
    ...(isLocked(turn, run, atMs) ? { locked: true as const } : {}),
    barred: judged.barred,
  }
}
