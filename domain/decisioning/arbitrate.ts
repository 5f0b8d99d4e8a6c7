import type { Arbitration } from '../journeys/journey.ts'
import type {
  ActiveRun,
  ArbitrationRequest,
  Candidate,
  Cause,
  Decision,
  Fate,
  Gate,
  Outcome,
  Score,
} from './arbitration.ts'

const DAY_MS = 86_400_000
/** A challenger must be worth this much more than the running journey. */
export const SWITCH_MARGIN = 0.1
/** A running journey is left alone by the algorithm for this long. */
export const DWELL_MS = DAY_MS
/** Automatic switches a customer may go through in `SWITCH_WINDOW_MS`. */
export const AUTO_SWITCHES_MAX = 2
export const SWITCH_WINDOW_MS = 7 * DAY_MS
/** Prior probability of success where the journey names none. */
export const DEFAULT_PROPENSITY = 0.1

interface Ranked {
  readonly candidate: Candidate
  readonly score: Score | null
}

/**
 * Decides which journey this customer is on: stay, enter, switch, resume, queue or reject, with the
 * fate of every candidate and the gate that decided it.
 *
 * Gates, in order: live → the actor's own (exit, re-entry, entry condition, reachable) → lock →
 * manual before auto → margin → dwell → switches. Order of what is left: manual by rank, then auto
 * by score, then earlier qualification, then journey key: total, so the same request has one answer.
 *
 * Cost: O(n log n) in candidates; no I/O.
 */
export function arbitrate(request: ArbitrationRequest): Decision {
  const fates: Fate[] = []
  const eligible: Ranked[] = []
  for (const candidate of request.candidates) {
    const bar = barOf(candidate, request.atMs)
    const score = scoreOf(candidate.arbitration)
    if (bar === null) eligible.push({ candidate, score })
    else
      fates.push(lost(candidate, score, bar.gate, bar.reason, bar.keep ? 'keep' : 'reject', null))
  }
  eligible.sort(byPrecedence)

  const [best] = eligible
  const hurdle = best === undefined ? null : hurdleOf(best, request)
  const winner = best !== undefined && hurdle === null ? best : null
  for (const ranked of eligible) {
    if (ranked === winner) {
      fates.push({
        ...identityOf(ranked.candidate),
        fate: 'win',
        gate: null,
        reason: 'Best of all that may start.',
        score: ranked.score,
        untilMs: null,
      })
    } else {
      const own = winner === null ? hurdleOf(ranked, request) : null
      fates.push(
        outranked(
          ranked,
          own ?? {
            gate: 'rank',
            reason: `${winner?.candidate.journey ?? 'The running journey'} comes first.`,
          },
          request.atMs,
        ),
      )
    }
  }
  const outcome = outcomeOf(request, winner?.candidate ?? null, fates)
  return {
    decisionId: request.decisionId,
    outcome,
    winner: winner?.candidate.candidateId ?? null,
    fates,
    replaced:
      outcome === 'switch' && request.active !== null
        ? {
            runId: request.active.runId,
            fate: request.active.onPreempt === 'abandon' ? 'abandoned' : 'paused',
          }
        : null,
    summary: summarise(outcome, request, winner?.candidate ?? null, fates),
  }
}

/** Expected worth of an auto journey, in parts: propensity × context × value × lever. Null for a manual one. */
export function scoreOf(arbitration: Arbitration): Score | null {
  if (arbitration.mode === 'manual') return null
  const { value, lever = 1, propensity = DEFAULT_PROPENSITY } = arbitration
  const context = 1
  return { propensity, context, value, lever, total: propensity * context * value * lever }
}

function barOf(
  candidate: Candidate,
  atMs: number,
): { gate: Gate; reason: string; keep: boolean } | null {
  const isPaused = candidate.source === 'paused'
  if (candidate.expiresAtMs !== null && candidate.expiresAtMs < atMs) {
    return { gate: 'live', reason: 'It waited longer than its queue allows.', keep: false }
  }
  return candidate.barred === null ? null : { ...candidate.barred, keep: isPaused }
}

/** Manual before auto, higher rank or score first, then earlier qualification, then key. */
function byPrecedence(a: Ranked, b: Ranked): number {
  return (
    rankOf(b) - rankOf(a) ||
    (b.score?.total ?? 0) - (a.score?.total ?? 0) ||
    a.candidate.qualifiedAtMs - b.candidate.qualifiedAtMs ||
    compareText(a.candidate.journey, b.candidate.journey) ||
    compareText(a.candidate.candidateId, b.candidate.candidateId)
  )
}

/** Auto journeys stand below every manual rank. */
const rankOf = ({ candidate: { arbitration } }: Ranked): number =>
  arbitration.mode === 'manual' ? arbitration.rank : -1

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What keeps a challenger from taking over from the running journey; null when nothing does. */
function hurdleOf(
  challenger: Ranked,
  request: ArbitrationRequest,
): { gate: Gate; reason: string } | null {
  const { active, atMs } = request
  if (active === null) return null
  if (active.locked)
    return { gate: 'lock', reason: `The customer is locked in ${active.journey} until it ends.` }
  const { arbitration } = challenger.candidate
  if (arbitration.mode === 'manual') {
    return active.arbitration.mode === 'auto' || arbitration.rank > active.arbitration.rank
      ? null
      : {
          gate: 'manual',
          reason: `${active.journey} has rank ${active.arbitration.rank}, this has ${arbitration.rank}.`,
        }
  }
  if (active.arbitration.mode === 'manual') {
    return {
      gate: 'manual',
      reason: `${active.journey} was chosen by hand and precedes what the algorithm offers.`,
    }
  }
  return autoHurdle(challenger, active, request, atMs)
}

function autoHurdle(
  challenger: Ranked,
  active: ActiveRun,
  request: ArbitrationRequest,
  atMs: number,
): { gate: Gate; reason: string } | null {
  const current = scoreOf(active.arbitration)?.total ?? 0
  const offered = challenger.score?.total ?? 0
  if (offered <= current * (1 + SWITCH_MARGIN)) {
    return {
      gate: 'margin',
      reason: `Worth ${round(offered)}, ${active.journey} is worth ${round(current)}: not ${SWITCH_MARGIN * 100} % more.`,
    }
  }
  if (atMs - active.activeSinceMs < DWELL_MS) {
    return {
      gate: 'dwell',
      reason: `${active.journey} has run for less than ${DWELL_MS / 3_600_000} hours.`,
    }
  }
  const recent = request.autoSwitchesAtMs.filter(
    (switchedAtMs) => switchedAtMs > atMs - SWITCH_WINDOW_MS,
  ).length
  if (recent >= AUTO_SWITCHES_MAX) {
    return {
      gate: 'switches',
      reason: `Already ${recent} automatic switches in ${SWITCH_WINDOW_MS / DAY_MS} days.`,
    }
  }
  return null
}

const round = (amount: number): string => (Math.round(amount * 100) / 100).toString()

const identityOf = ({ candidateId, journey, version, source }: Candidate) => ({
  candidateId,
  journey,
  version,
  source,
})

const lost = (
  candidate: Candidate,
  score: Score | null,
  gate: Gate,
  reason: string,
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

/** An eligible loser: a paused run stays paused, one that may queue is kept until its time is up. */
function outranked(
  { candidate, score }: Ranked,
  { gate, reason }: { gate: Gate; reason: string },
  atMs: number,
): Fate {
  if (candidate.source === 'paused') return lost(candidate, score, gate, reason, 'keep', null)
  if (candidate.source === 'deferred')
    return lost(candidate, score, gate, reason, 'queue', candidate.expiresAtMs)
  if (candidate.queueForMs === null) return lost(candidate, score, gate, reason, 'reject', null)
  return lost(candidate, score, gate, reason, 'queue', atMs + candidate.queueForMs)
}

function outcomeOf(
  request: ArbitrationRequest,
  winner: Candidate | null,
  fates: readonly Fate[],
): Outcome {
  if (winner !== null) {
    if (request.active !== null) return 'switch'
    return winner.source === 'paused' ? 'resume' : 'enter'
  }
  if (fates.some((fate) => fate.fate === 'queue' && fate.source === 'trigger')) return 'queue'
  if (request.active !== null || fates.every((fate) => fate.fate !== 'reject')) return 'stay'
  return 'reject'
}

/** What brought a decision about, for people. */
export function describeCause(cause: Cause): string {
  switch (cause.type) {
    case 'event':
      return cause.event
    case 'lifecycle':
      return `lifecycle ${cause.to}`
    case 'date':
      return `date ${cause.trait}`
    case 'run_ended':
      return `end of ${cause.journey}`
    case 'lock_released':
      return `end of the lock of ${cause.journey}`
    case 'step_finished':
      return `${cause.journey} has finished its step`
    case 'exclusion_released':
      return `end of the exclusion ${cause.reason}`
    case 'sends_released':
      return `sends released: ${cause.reason}`
    default:
      return cause satisfies never
  }
}

function summarise(
  outcome: Outcome,
  { active, cause }: ArbitrationRequest,
  winner: Candidate | null,
  fates: readonly Fate[],
): string {
  const because = describeCause(cause)
  const names = (fate: Fate['fate']): string =>
    fates
      .filter((each) => each.fate === fate)
      .map((each) => each.journey)
      .join(', ')
  switch (outcome) {
    case 'enter':
      return `${because} → enter ${winner?.journey}`
    case 'resume':
      return `${because} → resume ${winner?.journey}`
    case 'switch':
      return `${because} → switch from ${active?.journey} to ${winner?.journey}`
    case 'queue':
      return `${because} → ${active === null ? 'queue' : `stay in ${active.journey}, queue`} ${names('queue')}`
    case 'stay':
      return `${because} → ${active === null ? 'nothing to start' : `stay in ${active.journey}`}`
    case 'reject':
      return `${because} → reject ${names('reject')}`
  }
}
