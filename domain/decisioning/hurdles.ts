import type { Arbitration } from '../journeys/journey.ts'
import { DEFAULT_ARBITRATION, type ArbitrationSettings } from './arbitration-rules.ts'
import type { ActiveRun, ArbitrationRequest, Candidate, Gate, Score } from './arbitration.ts'
import { scoreOf } from './score.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A candidate that nothing bars, with what it is worth; null for one that is ranked by hand. */
export interface Ranked {
  readonly candidate: Candidate
  readonly score: Score | null
}

export interface Hurdle {
  readonly gate: Gate
  /** A sentence for people. */
  readonly reason: string
}

/**
 * What keeps a challenger from taking the foreground; null when nothing does. `paused`: those of the
 * candidates whose locks hold the customer still, in order of precedence.
 */
export function hurdleOf(
  challenger: Ranked,
  request: ArbitrationRequest,
  paused: readonly Ranked[],
): Hurdle | null {
  const { active } = request
  const { arbitration } = challenger.candidate
  // Of two that hold a lock the one that precedes goes on.
  const own = paused.indexOf(challenger)
  const holders = (own < 0 ? paused : paused.slice(0, own)).map(({ candidate }) => candidate)
  const held =
    active?.locked === true && !breaksLocks(arbitration)
      ? active
      : holders.find((holder) => !mayBreak(arbitration, holder.arbitration))
  if (held !== undefined)
    return { gate: 'lock', reason: `${held.journey} holds a lock, and this may not break it.` }
  if (active === null) return null
  // Of two customers who became one, the run that holds its lock goes on.
  if (request.cause.type === 'merged' && challenger.candidate.locked === true && !active.locked)
    return null
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
      reason: `${active.journey} was ranked by hand and precedes what is chosen by worth.`,
    }
  }
  return autoHurdle(challenger, active, request, request.settings ?? DEFAULT_ARBITRATION)
}

const breaksLocks = (arbitration: Arbitration): boolean =>
  arbitration.mode === 'manual' && arbitration.breaksLocks === true

/** Only its betters break a lock. */
const mayBreak = (by: Arbitration, holder: Arbitration): boolean =>
  by.mode === 'manual' &&
  by.breaksLocks === true &&
  holder.mode === 'manual' &&
  by.rank > holder.rank

/** The three rules that keep customers from bouncing between journeys. */
function autoHurdle(
  challenger: Ranked,
  active: ActiveRun,
  { atMs, autoSwitchesAtMs }: ArbitrationRequest,
  settings: ArbitrationSettings,
): Hurdle | null {
  const { margin, dwellMs, switchesMax, switchWindowMs } = settings
  const current = scoreOf(active.arbitration, active.context, settings)?.total ?? 0
  const offered = challenger.score?.total ?? 0
  if (offered <= current * (1 + margin)) {
    return {
      gate: 'margin',
      reason: `Worth ${round(offered)}, and ${active.journey} is worth ${round(current)}: it takes more than ${round(margin * 100)} % more to leave that.`,
    }
  }
  if (atMs - active.activeSinceMs < dwellMs) {
    return {
      gate: 'dwell',
      reason: `${active.journey} has run for less than ${round(dwellMs / HOUR_MS)} hours.`,
    }
  }
  const recent = autoSwitchesAtMs.filter((switchedAtMs) => switchedAtMs > atMs - switchWindowMs)
  if (recent.length >= switchesMax) {
    return {
      gate: 'switches',
      reason: `The customer was switched automatically ${recent.length} times in ${round(switchWindowMs / DAY_MS)} days.`,
    }
  }
  return null
}

const round = (amount: number): string => (Math.round(amount * 100) / 100).toString()
