import type { PlayedLife } from './played.ts'
import { runChangeOf } from './run-change.ts'

/** Whether a journey competes; those of the service lane run beside the others, as they are meant to. */
type Competes = (journey: string, version: number) => boolean

const DAY_MS = 86_400_000

/**
 * How many of one customer's sends fall in the 24 hours after a send of another journey, where both
 * compete. Of two at the same instant one does.
 *
 * Cost: O(n log n) in sends.
 */
export function collisionsIn(lives: readonly PlayedLife[], competes: Competes): number {
  const sends = lives
    .flatMap((life) => life.sends)
    .filter(({ journey, version }) => competes(journey, version))
    .toSorted((a, b) => a.nowMs - b.nowMs || (a.journey < b.journey ? -1 : 1))
  const lastAtMs = new Map<string, number>()
  let collisions = 0
  for (const { journey, nowMs } of sends) {
    const others = [...lastAtMs].filter(([other]) => other !== journey)
    if (others.some(([, atMs]) => nowMs - atMs < DAY_MS)) collisions++
    lastAtMs.set(journey, nowMs)
  }
  return collisions
}

/** Whether one customer is in two journeys at once. A run still open lasts to the end of the window. */
export function isInTwoAtOnce(lives: readonly PlayedLife[], toMs: number): boolean {
  const stays = lives.flatMap((life) => staysIn(life, toMs)).toSorted((a, b) => a.fromMs - b.fromMs)
  let lastEndMs = Number.NEGATIVE_INFINITY
  for (const { fromMs, untilMs } of stays) {
    if (fromMs < lastEndMs && untilMs > fromMs) return true
    lastEndMs = Math.max(lastEndMs, untilMs)
  }
  return false
}

function staysIn({ entries }: PlayedLife, toMs: number): { fromMs: number; untilMs: number }[] {
  const stays = new Map<string, { fromMs: number; untilMs: number }>()
  for (const entry of entries) {
    const run = runChangeOf(entry)
    if (run?.change === 'entered') stays.set(run.runId, { fromMs: entry.atMs, untilMs: toMs })
    const stay = run?.change === 'ended' ? stays.get(run.runId) : undefined
    if (stay !== undefined) stay.untilMs = entry.atMs
  }
  return [...stays.values()]
}
