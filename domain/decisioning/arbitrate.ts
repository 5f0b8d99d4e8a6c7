import { SERVICE_RUNS_MAX } from '../actor/customer-state.ts'
import { DEFAULT_ARBITRATION } from './arbitration-rules.ts'
import type { ArbitrationRequest, Candidate, Decision, Fate, Gate, Outcome } from './arbitration.ts'
import { summarise } from './decision-words.ts'
import { hurdleOf, type Hurdle, type Ranked } from './hurdles.ts'
import { scoreOf } from './score.ts'

/** How long the winner is kept until the running journey has finished its step, where nothing else is said. */
const FINISH_WITHIN_MS = 14 * 86_400_000
/** Barred for now, and not for what the journey is. */
const TEMPORARY: ReadonlySet<Gate> = new Set(['excluded', 'matrix'])

/**
 * Decides which journey this customer is on: stay, enter, switch, resume, queue or reject, with the
 * fate of every candidate and the gate that decided it; and which ones start in the service lane,
 * beside the foreground and without competing for it.
 *
 * Gates, in order: live → the actor's own (exit, re-entry, entry condition, exclusions, matrix,
 * reachable) → lane → lock → manual before auto → margin → dwell → switches. Order of what is left:
 * manual by rank, then auto by score, then earlier qualification, then journey key: total, so the
 * same request has one answer.
 *
 * Cost: O(n log n) in candidates; no I/O.
 */
export function arbitrate(request: ArbitrationRequest): Decision {
  const { active, atMs, candidates, settings = DEFAULT_ARBITRATION } = request
  const barred: Fate[] = []
  const foreground: Ranked[] = []
  const service: Ranked[] = []
  for (const candidate of candidates) {
    const score = scoreOf(candidate.arbitration, candidate.context, settings)
    const fate = barredFate({ candidate, score }, atMs)
    if (fate !== null) barred.push(fate)
    else (candidate.lane === 'service' ? service : foreground).push({ candidate, score })
  }
  foreground.sort(byPrecedence)
  service.sort(byPrecedence)

  const holders = foreground.filter(({ candidate }) => candidate.locked === true)
  const hurdles = foreground.map((ranked) => hurdleOf(ranked, request, holders))
  const place = hurdles.indexOf(null)
  const winner = foreground[place] ?? null
  const waits = winner !== null && active?.onPreempt === 'finishStep'
  const { starting, refused } = fillLane(service, request.serviceRuns ?? 0)
  const fates = [
    ...barred,
    ...foreground.map((ranked, index) => {
      if (ranked === winner) return won(ranked, waits ? active : null, atMs)
      const hurdle = hurdles[index] ?? null
      const isBehind = winner !== null && (index > place || hurdle === null)
      return outranked(ranked, isBehind || hurdle === null ? behind(winner) : hurdle, atMs)
    }),
    ...starting.map((ranked) => won(ranked, null, atMs)),
    ...refused.map(({ ranked, hurdle }) => outranked(ranked, hurdle, atMs)),
  ]
  const beside = starting.map(({ candidate }) => candidate)
  const outcome = outcomeOf(request, winner?.candidate ?? null, beside, fates)
  const summary = { outcome, winner: winner?.candidate ?? null, beside, waits, fates }
  return {
    decisionId: request.decisionId,
    outcome,
    winner: winner?.candidate.candidateId ?? null,
    ...(beside.length === 0 ? {} : { beside: beside.map(({ candidateId }) => candidateId) }),
    fates,
    replaced:
      winner === null || active === null
        ? null
        : { runId: active.runId, fate: REPLACED[active.onPreempt] },
    summary: summarise(request, summary),
  }
}

const REPLACED = { pause: 'paused', abandon: 'abandoned', finishStep: 'finishing' } as const

/** The fate of a candidate that may not start now, whatever the others are; null for one that may. */
function barredFate({ candidate, score }: Ranked, atMs: number): Fate | null {
  const { barred, source, expiresAtMs } = candidate
  if (expiresAtMs !== null && expiresAtMs < atMs) {
    const reason = 'It waited longer than its queue allows.'
    return lost({ candidate, score }, { gate: 'live', reason }, 'reject', null)
  }
  if (barred === null) return null
  if (TEMPORARY.has(barred.gate)) return outranked({ candidate, score }, barred, atMs)
  return lost({ candidate, score }, barred, source === 'paused' ? 'keep' : 'reject', null)
}

/** Manual before auto, higher rank or score first, then earlier qualification, then key. */
function byPrecedence(a: Ranked, b: Ranked): number {
  return (
    Number(a.score !== null) - Number(b.score !== null) ||
    rankOf(b) - rankOf(a) ||
    (b.score?.total ?? 0) - (a.score?.total ?? 0) ||
    a.candidate.qualifiedAtMs - b.candidate.qualifiedAtMs ||
    compareText(a.candidate.journey, b.candidate.journey) ||
    compareText(a.candidate.candidateId, b.candidate.candidateId)
  )
}

const rankOf = ({ candidate: { arbitration } }: Ranked): number =>
  arbitration.mode === 'manual' ? arbitration.rank : 0

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Who of the service lane starts: each journey once, or once for each key, and as many as there is room for. */
function fillLane(
  service: readonly Ranked[],
  open: number,
): { starting: Ranked[]; refused: { ranked: Ranked; hurdle: Hurdle }[] } {
  const starting: Ranked[] = []
  const refused: { ranked: Ranked; hurdle: Hurdle }[] = []
  for (const ranked of service) {
    if (starting.some(({ candidate }) => areTwins(candidate, ranked.candidate)))
      refused.push({
        ranked,
        hurdle: { gate: 'reentry', reason: 'The customer enters it with this very decision.' },
      })
    else if (open + starting.length < SERVICE_RUNS_MAX) starting.push(ranked)
    else
      refused.push({
        ranked,
        hurdle: {
          gate: 'lane',
          reason: `The customer is on ${SERVICE_RUNS_MAX} service journeys already, and no more run beside each other.`,
        },
      })
  }
  return { starting, refused }
}

/** A candidate without a key is about all there is. */
const areTwins = (one: Candidate, other: Candidate): boolean =>
  one.journey === other.journey &&
  (one.entryKey === undefined || other.entryKey === undefined || one.entryKey === other.entryKey)

const behind = (winner: Ranked | null): Hurdle => ({
  gate: 'rank',
  reason: `${winner?.candidate.journey ?? 'Another one'} comes first.`,
})

const identityOf = ({ candidateId, journey, version, source }: Candidate) => ({
  candidateId,
  journey,
  version,
  source,
})

/** `finishing`: what the winner waits for, until it may start. */
function won(
  { candidate, score }: Ranked,
  finishing: ArbitrationRequest['active'],
  atMs: number,
): Fate {
  const { expiresAtMs, queueForMs, source } = candidate
  return {
    ...identityOf(candidate),
    fate: 'win',
    gate: null,
    reason:
      finishing !== null
        ? `Best of all that may start; it starts when ${finishing.journey} has finished its step.`
        : candidate.lane === 'service'
          ? 'It runs beside the others.'
          : 'Best of all that may start.',
    score,
    untilMs:
      finishing === null || source === 'paused'
        ? null
        : (expiresAtMs ?? atMs + (queueForMs ?? FINISH_WITHIN_MS)),
  }
}

const lost = (
  { candidate, score }: Ranked,
  { gate, reason }: Hurdle,
  fate: Fate['fate'],
  untilMs: number | null,
): Fate => ({
  ...identityOf(candidate),
  fate,
  gate,
  reason,
  score,
  untilMs,
})

/** A loser that could start another time: a paused run stays paused, one that may queue is kept until its time is up. */
function outranked(ranked: Ranked, hurdle: Hurdle, atMs: number): Fate {
  const { source, expiresAtMs, queueForMs } = ranked.candidate
  if (source === 'paused') return lost(ranked, hurdle, 'keep', null)
  if (source === 'deferred') return lost(ranked, hurdle, 'queue', expiresAtMs)
  if (queueForMs === null) return lost(ranked, hurdle, 'reject', null)
  return lost(ranked, hurdle, 'queue', atMs + queueForMs)
}

function outcomeOf(
  request: ArbitrationRequest,
  winner: Candidate | null,
  beside: readonly Candidate[],
  fates: readonly Fate[],
): Outcome {
  if (winner !== null) {
    if (request.active !== null) return 'switch'
    return winner.source === 'paused' ? 'resume' : 'enter'
  }
  if (beside.length > 0) return 'enter'
  if (fates.some((fate) => fate.fate === 'queue' && fate.source === 'trigger')) return 'queue'
  if (request.active !== null || fates.every((fate) => fate.fate !== 'reject')) return 'stay'
  return 'reject'
}
