import type { LifecycleState } from '../journeys/journey.ts'
import { durationMs } from '../time.ts'
import { DEFAULT_PRIORITY, type LifecycleRules } from './lifecycle-rules.ts'

/** What the lifecycle reads of a customer. */
export interface LifecycleFacts {
  readonly rules: LifecycleRules
  /** `recentMs` ascending. An event without a counter never happened. */
  readonly counters: Readonly<
    Record<string, { readonly total: number; readonly recentMs: readonly number[] }>
  >
  /** Worth of all purchases, minor units. */
  readonly purchasedMinor: number
  /** Somebody with a name: a user id or a registration. */
  readonly known: boolean
  /** When we met a customer who has given no sign of life. */
  readonly createdAtMs?: number
}

/**
 * The few instants on which the lifecycle turns if nothing more happens. Every span is half open: what
 * lasts a day from noon is over at noon. `-Infinity`: was over before it began. `Infinity`: never comes.
 */
export interface Milestones {
  readonly priority: readonly LifecycleState[]
  readonly purchases: number
  readonly purchasesMs: readonly number[]
  readonly isKnown: boolean
  readonly isRegistered: boolean
  /** The first sign of life, or the creation of the customer where that came before. */
  readonly metAtMs: number | null
  /** The last sign of life. */
  readonly lastSignAtMs: number | null
  /** Some sign of life is older than what is kept of its event. */
  readonly isTruncated: boolean
  readonly newUntilMs: number
  readonly repeaterUntilMs: number
  readonly heroUntilMs: number
  readonly waitingAtMs: number
  readonly atRiskAtMs: number
  readonly lostAtMs: number
}

/** The counters of everything that is a sign of life, purchases first. */
export function signCounters({
  rules,
  counters,
}: LifecycleFacts): LifecycleFacts['counters'][string][] {
  return [rules.purchase.event, ...rules.engagement, ...rules.registration].flatMap((name) =>
    Object.hasOwn(counters, name) ? (counters[name] ?? []) : [],
  )
}

/** Cost: reads the ends of each counter and walks back through the purchases, at most `INSTANTS_MAX`. */
export function milestonesOf(facts: LifecycleFacts): Milestones {
  const { rules, counters, createdAtMs = null } = facts
  const total = (name: string) => (Object.hasOwn(counters, name) ? (counters[name]?.total ?? 0) : 0)
  const purchases = total(rules.purchase.event)
  const purchasesMs = purchases > 0 ? (counters[rules.purchase.event]?.recentMs ?? []) : []
  const isRegistered = rules.registration.some((name) => total(name) > 0)

  let firstSignAtMs: number | null = null
  let lastSignAtMs: number | null = null
  let isTruncated = false
  for (const { total, recentMs } of signCounters(facts)) {
    isTruncated ||= total > recentMs.length
    const first = recentMs[0]
    const last = recentMs.at(-1)
    if (first === undefined || last === undefined) continue
    if (firstSignAtMs === null || first < firstSignAtMs) firstSignAtMs = first
    if (lastSignAtMs === null || last > lastSignAtMs) lastSignAtMs = last
  }
  const metAtMs =
    firstSignAtMs === null || createdAtMs === null
      ? (firstSignAtMs ?? createdAtMs)
      : Math.min(firstSignAtMs, createdAtMs)
  // Somebody who never gave a sign has been silent since we met.
  const silentSinceMs = lastSignAtMs ?? createdAtMs ?? Infinity

  const { repeater, hero } = rules
  const holdMs = durationMs(rules.holdFor)
  const heroPurchasesUntilMs =
    facts.purchasedMinor >= Math.round(hero.value * 100)
      ? enoughUntil(purchasesMs, hero.purchases, durationMs(hero.within))
      : -Infinity
  return {
    priority: rules.priority ?? DEFAULT_PRIORITY,
    purchases,
    purchasesMs,
    isKnown: facts.known || isRegistered,
    isRegistered,
    metAtMs,
    lastSignAtMs,
    isTruncated,
    // More signs than are kept: no longer somebody of whom little is known.
    newUntilMs: isTruncated ? -Infinity : (metAtMs ?? Infinity) + durationMs(rules.newFor),
    repeaterUntilMs:
      enoughUntil(purchasesMs, repeater.purchases, durationMs(repeater.within)) + holdMs,
    heroUntilMs:
      Math.min(heroPurchasesUntilMs, silentSinceMs + durationMs(hero.engagedWithin)) + holdMs,
    waitingAtMs: silentSinceMs + durationMs(rules.waitingAfter),
    atRiskAtMs: silentSinceMs + durationMs(rules.atRiskAfter),
    lostAtMs: silentSinceMs + durationMs(rules.lostAfter),
  }
}

/**
 * The one state at `nowMs`, no earlier than the last sign of life: the first of the priority that fits.
 * Some state always does, since one of `ghost`, `prospect` and `occasional` fits for ever.
 */
export function stateAt(milestones: Milestones, nowMs: number): LifecycleState {
  return milestones.priority.find((state) => FITS[state](milestones, nowMs)) ?? 'occasional'
}

/**
 * `waiting`, `at_risk` and `lost` fit from an instant on, `hero`, `repeater` and `new` until one, the others
 * always or never. That is why no order of the priority that `check-lifecycle.ts` lets pass can flicker:
 * what has begun to fit goes on, what has ceased to fit does not come back.
 */
const FITS: Record<LifecycleState, (milestones: Milestones, nowMs: number) => boolean> = {
  ghost: ({ isKnown, purchases }) => !isKnown && purchases === 0,
  lost: ({ lostAtMs }, nowMs) => nowMs >= lostAtMs,
  at_risk: ({ atRiskAtMs }, nowMs) => nowMs >= atRiskAtMs,
  waiting: ({ waitingAtMs }, nowMs) => nowMs >= waitingAtMs,
  new: ({ purchases, newUntilMs }, nowMs) => purchases === 0 && nowMs < newUntilMs,
  prospect: ({ purchases }) => purchases === 0,
  hero: ({ purchases, heroUntilMs }, nowMs) => purchases > 0 && nowMs < heroUntilMs,
  repeater: ({ purchases, repeaterUntilMs }, nowMs) => purchases > 0 && nowMs < repeaterUntilMs,
  occasional: ({ purchases }) => purchases > 0,
}

/** The first instant after `nowMs` at which the state differs if nothing happens; null if it never will. */
export function nextChange(milestones: Milestones, nowMs: number): number | null {
  const state = stateAt(milestones, nowMs)
  let nextAtMs = Infinity
  for (const atMs of [
    milestones.newUntilMs,
    milestones.heroUntilMs,
    milestones.repeaterUntilMs,
    milestones.waitingAtMs,
    milestones.atRiskAtMs,
    milestones.lostAtMs,
  ]) {
    if (atMs > nowMs && atMs < nextAtMs && stateAt(milestones, atMs) !== state) nextAtMs = atMs
  }
  return nextAtMs === Infinity ? null : nextAtMs
}

/**
 * When `needed` purchases last stopped being `withinMs` old or less; `-Infinity` if they never were. May lie
 * ahead. Exact for `needed` up to half of the kept instants.
 */
function enoughUntil(purchasesMs: readonly number[], needed: number, withinMs: number): number {
  for (let i = purchasesMs.length - needed; i >= 0; i -= 1) {
    const oldest = purchasesMs[i] ?? 0
    if ((purchasesMs[i + needed - 1] ?? Infinity) - oldest < withinMs) return oldest + withinMs
  }
  return -Infinity
}

/**
 * Since when there have been enough purchases without a break longer than `holdMs`; `-Infinity` if there
 * are not.
 */
export function enoughSince(
  purchasesMs: readonly number[],
  needed: number,
  withinMs: number,
  holdMs: number,
): number {
  let sinceMs = -Infinity
  for (let i = purchasesMs.length - needed; i >= 0; i -= 1) {
    const oldest = purchasesMs[i] ?? 0
    const newest = purchasesMs[i + needed - 1] ?? Infinity
    if (newest - oldest >= withinMs) continue
    if (sinceMs !== -Infinity && oldest + withinMs + holdMs < sinceMs) break
    sinceMs = newest
  }
  return sinceMs
}
