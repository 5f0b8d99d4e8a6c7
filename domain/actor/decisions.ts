import type {
  ArbitrationAnswer,
  ArbitrationRequest,
  Decision,
  Fate,
  Gate,
} from '../decisioning/arbitration.ts'
import { worthOf } from '../decisioning/score.ts'
import type { EntryRule, RunDefinition } from '../journeys/journey.ts'
import type { JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { askAgain, askWhoIsNext } from './ask.ts'
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
import { beginFinishing, hasFinishedStep } from './finishing.ts'
import { endRun } from './run-ends.ts'
import { goOn, pauseRun, resumeRun, startRun, type Start } from './runs.ts'
import { isReachable } from './triggers.ts'
import { activeRun, definitionOf, isForeground, note, patch, runById, type Turn } from './turn.ts'

/** Instants of automatic switches that are kept; the arbiter looks at a week. */
export const AUTO_SWITCHES_KEPT = 8

type Decided = Extract<ArbitrationAnswer, { type: 'decided' }>

/** Applies the arbiter's answer. One that nobody waits for any more changes nothing. */
export function applyAnswer(turn: Turn, answer: ArbitrationAnswer): void {
  const { arbitration, pending } = turn.state
  const decisionId = answer.type === 'decided' ? answer.decision.decisionId : answer.decisionId
  if (arbitration === null || pending === null || arbitration.decisionId !== decisionId) return
  if (answer.type === 'staleBook') {
    // Asked again, with what the new book triggers, once it is loaded.
    const { again: _asIs, ...asked } = pending
    patch(turn, { arbitration: null, pending: asked, wantedBook: answer.bookHash })
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
  askAgain(turn, pending)
  if (answer.bookHash !== turn.state.bookHash) patch(turn, { wantedBook: answer.bookHash })
}

function applyDecision(
  turn: Turn,
  { decision, definition, besides }: Decided,
  { triggered, happened = [] }: PendingDecision,
  { atMs, active }: ArbitrationRequest,
): void {
  const waiting = [...triggered, ...turn.state.deferred]
  const running = activeRun(turn.state)
  // One that has finished its step meanwhile, or has ended, is waited for no longer.
  const waitsForStep =
    decision.replaced?.fate === 'finishing' &&
    running !== undefined &&
    running.runId === decision.replaced.runId &&
    !hasFinishedStep(running)
  defer(turn, decision, { waitsForStep, triggered }, atMs)
  const start = (
    candidateId: string,
    found: RunDefinition | null | undefined,
  ): (() => void) | null => {
    const starting = waiting.find((each) => each.candidateId === candidateId)
    if (starting === undefined || found === null || found === undefined) return null
    if (isForbidden(turn, starting.rule, found)) return null
    const fate = decision.fates.find((each) => each.candidateId === candidateId)
    const worth = worthOf(found.arbitration, fate?.score ?? null)
    return () => startRun(turn, startOf(starting, { definition: found, worth }, happened), atMs)
  }
  if (waitsForStep) beginFinishing(turn, running, atMs)
  else if (decision.winner !== null) {
    const resuming = runById(turn.state, decision.winner)
    const takeOver =
      resuming === undefined
        ? start(decision.winner, definition)
        : () => resumeRun(turn, resuming, worthIn(turn, decision, resuming), atMs)
    if (takeOver !== null) {
      makeRoom(turn, decision, atMs)
      takeOver()
    }
  }
  for (const candidateId of decision.beside ?? []) start(candidateId, own(besides, candidateId))?.()
  const staying = activeRun(turn.state)
  if (staying === undefined) dropUnresumable(turn, decision.fates, atMs)
  else if (hasFinishedStep(staying)) goOn(turn, staying, atMs)
  keepDepth(turn, atMs)
  // The run that stayed may have ended while the decision was open: then somebody else may be next.
  const hasEnded = active !== null && runById(turn.state, active.runId) === undefined
  if (hasEnded && activeRun(turn.state) === undefined)
    askWhoIsNext(
      turn,
      'foreground',
      { type: 'run_ended', journey: active.journey, reason: 'ended' },
      atMs,
    )
}

/** What the decision found a run worth. */
function worthIn(turn: Turn, { fates }: Decision, run: Run): number {
  const fate = fates.find(({ candidateId }) => candidateId === run.runId)
  return worthOf(definitionOf(turn, run.hash).arbitration, fate?.score ?? null)
}

/** What came after the event that lets the customer in is heard by the run from its beginning. */
function startOf(
  { entry, candidateId }: Pick<Triggered, 'entry' | 'candidateId'>,
  as: Pick<Start, 'definition' | 'worth'>,
  happened: readonly HeardEvent[],
): Start {
  const { seq, receivedAtMs } = entry
  // Without a row of its own an entry stands in the log where its instant does.
  const isLater = (event: HeardEvent): boolean =>
    seq === null ? event.receivedAtMs > receivedAtMs : event.seq > seq
  return { ...as, entry, candidateId, happened: happened.filter(isLater) }
}

/** Sets aside or ends the run that the winner takes over from. */
function makeRoom(turn: Turn, { replaced, fates, winner }: Decision, atMs: number): void {
  const run = replaced === null ? undefined : runById(turn.state, replaced.runId)
  if (run === undefined) return
  if (replaced?.fate === 'abandoned') endRun(turn, run, atMs, 'preempted')
  else pauseRun(turn, run, atMs)
  // Nobody need be asked who comes next, unless the end of that run lets somebody in.
  if (turn.state.pending?.triggered.length === 0) patch(turn, { pending: null })
  const isAutomatic = fates.some(
    ({ candidateId, score }) => candidateId === winner && score !== null,
  )
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

/**
 * Keeps for the next arbitration, each with its end: losers that may queue, and a winner that waits
 * for a step to be over. Where the queue is full those that were barred go first, then the weakest.
 */
function defer(
  turn: Turn,
  { fates, winner }: Pick<Decision, 'fates' | 'winner'>,
  {
    waitsForStep,
    triggered,
  }: { readonly waitsForStep: boolean; readonly triggered: readonly Triggered[] },
  atMs: number,
): void {
  const before = turn.state.deferred
  const wanted = [...before, ...triggered]
  const kept = fates
    .filter(({ fate, candidateId }) => fate === 'queue' || (waitsForStep && candidateId === winner))
    .toSorted((a, b) => Number(isBarred(a)) - Number(isBarred(b)))
    .flatMap((fate): Deferred[] => {
      const found = wanted.find(({ candidateId }) => candidateId === fate.candidateId)
      if (found === undefined || fate.untilMs === null) return []
      const { candidateId, rule, entry, qualifiedAtMs } = found
      const { untilMs, reason } = fate
      return [{ candidateId, rule, entry, qualifiedAtMs, untilMs, reason }]
    })
  const wasThere = new Set(before.map(({ candidateId }) => candidateId))
  for (const [place, { candidateId, rule, untilMs, reason }] of kept.entries()) {
    if (place >= DEFERRED_MAX)
      noteUnqueued(turn, rule, atMs, `the queue is full with ${DEFERRED_MAX}`)
    else if (!wasThere.has(candidateId))
      note(turn, 'deferred', atMs, `queued ${rule.journey}@${rule.version}: ${reason}`, {
        journey: rule.journey,
        version: rule.version,
        until: untilMs,
      })
  }
  for (const { candidateId, rule } of before) {
    const fate = fates.find((each) => each.candidateId === candidateId)
    if (fate?.fate === 'reject') noteUnqueued(turn, rule, atMs, fate.reason)
  }
  patch(turn, { deferred: kept.slice(0, DEFERRED_MAX) })
}

const isBarred = ({ gate }: Fate): boolean => gate === 'excluded' || gate === 'matrix'

/** Notes that a journey waits no longer, and why. */
export function noteUnqueued(turn: Turn, rule: EntryRule, atMs: number, why: string): void {
  const { journey, version } = rule
  note(turn, 'deferred', atMs, `${journey}@${version} left the queue: ${why}`, { journey, version })
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

/**
 * In the foreground at most `RUNS_MAX` deep: the paused run that is worth least is abandoned, the
 * oldest first among equals.
 */
function keepDepth(turn: Turn, atMs: number): void {
  const open = turn.state.runs.filter(isForeground)
  if (open.length <= RUNS_MAX) return
  const worth = (run: Run): number =>
    run.worth ?? worthOf(definitionOf(turn, run.hash).arbitration, null)
  const [weakest] = open
    .filter(({ status }) => status === 'paused')
    .toSorted((a, b) => worth(a) - worth(b) || a.enteredAtMs - b.enteredAtMs)
  if (weakest === undefined) return
  const why = `at most ${RUNS_MAX} may be open, and of those paused it is worth least`
  endRun(turn, weakest, atMs, 'too_many_paused_runs', { why })
}

/** Drops a deferred candidate whose time is up. */
export function expireDeferred(turn: Turn, deferred: Deferred): void {
  patch(turn, { deferred: turn.state.deferred.filter((each) => each !== deferred) })
  noteUnqueued(turn, deferred.rule, deferred.untilMs, 'its time was up')
}
