import type {
  ArbitrationAnswer,
  ArbitrationRequest,
  Decision,
  Fate,
  Gate,
} from '../decisioning/arbitration.ts'
import type { EntryRule, RunDefinition } from '../journeys/journey.ts'
import type { JsonValue } from '../json.ts'
import {
  DEFERRED_MAX,
  RECENT_DECISIONS_MAX,
  RUNS_MAX,
  type Deferred,
  type HeardEvent,
  type PendingDecision,
  type Run,
  type Triggered,
} from './customer-state.ts'
import { askAfterEnd, endRun } from './run-ends.ts'
import { pauseRun, resumeRun, startRun, type Start } from './runs.ts'
import { isReachable } from './triggers.ts'
import { activeRun, definitionOf, note, patch, runById, type Turn } from './turn.ts'

/** Instants of automatic switches that are kept; the arbiter looks at a week. */
const AUTO_SWITCHES_KEPT = 8

type Decided = Extract<ArbitrationAnswer, { type: 'decided' }>

/** Applies the arbiter's answer. One that nobody waits for any more changes nothing. */
export function applyAnswer(turn: Turn, answer: ArbitrationAnswer): void {
  const { arbitration, pending } = turn.state
  const decisionId = answer.type === 'decided' ? answer.decision.decisionId : answer.decisionId
  if (arbitration === null || pending === null || arbitration.decisionId !== decisionId) return
  if (answer.type === 'staleBook') {
    // Asked again, with what the new book triggers, once it is loaded.
    patch(turn, { arbitration: null, wantedBook: answer.bookHash })
    return
  }
  patch(turn, {
    arbitration: null,
    pending: null,
    decisionCount: turn.state.decisionCount + 1,
    handled: turn.state.handled.map(
      ([seq, known]) => [seq, pending.seqs.includes(seq) ? decisionId : known] as const,
    ),
    recentDecisions: [
      ...turn.state.recentDecisions,
      { decisionId, atMs: arbitration.atMs, summary: answer.decision.summary },
    ].slice(-RECENT_DECISIONS_MAX),
  })
  applyDecision(turn, answer, pending, arbitration)
  keepLate(turn, pending, arbitration)
  if (answer.bookHash !== turn.state.bookHash) patch(turn, { wantedBook: answer.bookHash })
}

function applyDecision(
  turn: Turn,
  { decision, definition }: Decided,
  { triggered, happened = [] }: PendingDecision,
  { atMs, active }: ArbitrationRequest,
): void {
  const starting = [...triggered, ...turn.state.deferred].find(
    ({ candidateId }) => candidateId === decision.winner,
  )
  const resuming = decision.winner === null ? undefined : runById(turn.state, decision.winner)
  defer(turn, decision.fates, triggered, atMs)
  const mayStart =
    starting !== undefined && definition !== null && !isForbidden(turn, starting.rule, definition)
  if (mayStart || resuming !== undefined) makeRoom(turn, decision, atMs)
  if (mayStart) startRun(turn, startOf(starting, definition, happened), atMs)
  if (resuming !== undefined) resumeRun(turn, resuming, atMs)
  if (activeRun(turn.state) === undefined) dropUnresumable(turn, decision.fates, atMs)
  keepDepth(turn, atMs)
  // The run that stayed may have ended while the decision was open: then somebody else may be next.
  const hasEnded = active !== null && runById(turn.state, active.runId) === undefined
  if (hasEnded && activeRun(turn.state) === undefined)
    askAfterEnd(turn, { journey: active.journey, reason: 'ended' }, atMs)
}

/** What came after the event that lets the customer in is heard by the run from its beginning. */
function startOf(
  { entry, candidateId }: Pick<Triggered, 'entry' | 'candidateId'>,
  definition: RunDefinition,
  happened: readonly HeardEvent[],
): Start {
  const { seq, receivedAtMs } = entry
  // Without a row of its own an entry stands in the log where its instant does.
  const isLater = (event: HeardEvent): boolean =>
    seq === null ? event.receivedAtMs > receivedAtMs : event.seq > seq
  return { definition, entry, candidateId, happened: happened.filter(isLater) }
}

/** Sets aside or ends the run that the winner takes over from. */
function makeRoom(turn: Turn, { replaced, fates }: Decision, atMs: number): void {
  const run = replaced === null ? undefined : runById(turn.state, replaced.runId)
  if (run === undefined) return
  if (replaced?.fate === 'paused') pauseRun(turn, run, atMs)
  else endRun(turn, run, atMs, 'preempted')
  // Nobody need be asked who comes next, unless the end of that run lets somebody in.
  if (turn.state.pending?.triggered.length === 0) patch(turn, { pending: null })
  const isAutomatic = fates.some(({ fate, score }) => fate === 'win' && score !== null)
  if (isAutomatic)
    patch(turn, {
      autoSwitchesAtMs: [...turn.state.autoSwitchesAtMs, atMs].slice(-AUTO_SWITCHES_KEPT),
    })
}

/** Journeys that were triggered while the decision was open, by the end of a run, are asked about next. */
function keepLate(turn: Turn, { triggered }: PendingDecision, { candidates }: ArbitrationRequest) {
  const asked = new Set(candidates.map(({ candidateId }) => candidateId))
  for (const late of triggered) {
    if (asked.has(late.candidateId)) continue
    const { journey, reason } = late.entry.properties
    const pending = turn.state.pending ?? {
      cause: { type: 'run_ended', journey: textOf(journey), reason: textOf(reason) },
      atMs: late.qualifiedAtMs,
      seqs: [],
      triggered: [],
    }
    patch(turn, { pending: { ...pending, triggered: [...pending.triggered, late] } })
  }
}

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '')

/** What became forbidden while the decision was open does not start. */
function isForbidden(turn: Turn, rule: EntryRule, { hash, version }: RunDefinition): boolean {
  const isStopped = turn.rules.book?.stopped?.includes(hash) === true
  if (!isStopped && isReachable(turn, rule)) return false
  const reason = isStopped ? 'it was stopped' : 'no permitted channel is left'
  note(turn, 'run', turn.nowMs, `${rule.journey}@${version} not started: ${reason}`, {
    journey: rule.journey,
    version,
    change: 'dropped',
  })
  return true
}

/** Keeps eligible losers for the next arbitration, each with its end. */
function defer(
  turn: Turn,
  fates: readonly Fate[],
  triggered: readonly Triggered[],
  atMs: number,
): void {
  const known = new Map(turn.state.deferred.map((each) => [each.candidateId, each]))
  const kept: Deferred[] = []
  for (const fate of fates) {
    if (fate.fate !== 'queue' || fate.untilMs === null) continue
    const earlier = known.get(fate.candidateId)
    const fresh = triggered.find(({ candidateId }) => candidateId === fate.candidateId)
    if (earlier !== undefined) kept.push(earlier)
    else if (fresh !== undefined) {
      const { candidateId, rule, entry, qualifiedAtMs } = fresh
      kept.push({
        candidateId,
        rule,
        entry,
        qualifiedAtMs,
        untilMs: fate.untilMs,
        reason: fate.reason,
      })
      note(turn, 'deferred', atMs, `queued ${rule.journey}@${rule.version}: ${fate.reason}`, {
        journey: rule.journey,
        version: rule.version,
        until: fate.untilMs,
      })
    }
  }
  for (const { candidateId, rule } of turn.state.deferred) {
    const fate = fates.find((each) => each.candidateId === candidateId)
    if (fate?.fate === 'reject')
      note(
        turn,
        'deferred',
        atMs,
        `${rule.journey}@${rule.version} left the queue: ${fate.reason}`,
        { journey: rule.journey, version: rule.version },
      )
  }
  patch(turn, { deferred: kept.slice(0, DEFERRED_MAX) })
}

/** What ends a paused run whose turn it would have been, by the gate that bars it. */
const UNRESUMABLE: Partial<Record<Gate, string>> = {
  entry: 'entry_no_longer_holds',
  live: 'no_longer_valid',
}

/** A paused run whose turn it would have been, but which may not go on, is over. */
function dropUnresumable(turn: Turn, fates: readonly Fate[], atMs: number): void {
  for (const { candidateId, source, gate } of fates) {
    const reason = source === 'paused' && gate !== null ? UNRESUMABLE[gate] : undefined
    const run = reason === undefined ? undefined : runById(turn.state, candidateId)
    if (reason !== undefined && run !== undefined) endRun(turn, run, atMs, reason)
  }
}

/** At most `RUNS_MAX` deep: the weakest paused run is abandoned, the oldest first among equals. */
function keepDepth(turn: Turn, atMs: number): void {
  const paused = turn.state.runs.filter((run) => run.status === 'paused')
  if (turn.state.runs.length <= RUNS_MAX) return
  const weakest = paused.toSorted(
    (a, b) => strength(turn, a) - strength(turn, b) || a.enteredAtMs - b.enteredAtMs,
  )[0]
  if (weakest !== undefined) endRun(turn, weakest, atMs, 'too_many_paused_runs')
}

function strength(turn: Turn, run: Run): number {
  const { arbitration } = definitionOf(turn, run.hash)
  return arbitration.mode === 'manual'
    ? 1e9 + arbitration.rank
    : arbitration.value * (arbitration.lever ?? 1)
}

/** Drops a deferred candidate whose time is up. */
export function expireDeferred(turn: Turn, deferred: Deferred): void {
  patch(turn, { deferred: turn.state.deferred.filter((each) => each !== deferred) })
  const { rule, untilMs } = deferred
  note(
    turn,
    'deferred',
    untilMs,
    `${rule.journey}@${rule.version} left the queue: its time was up`,
    { journey: rule.journey, version: rule.version },
  )
}
