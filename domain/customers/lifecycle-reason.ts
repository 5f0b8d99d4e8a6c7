import type { LifecycleState } from '../journeys/journey.ts'
import { durationMs } from '../time.ts'
import type { LifecycleFacts, Milestones } from './lifecycle-milestones.ts'

/** Why the customer is in this state at `nowMs`, for people: one sentence with the figures that decided. */
export function lifecycleReason(
  state: LifecycleState,
  facts: LifecycleFacts,
  milestones: Milestones,
  nowMs: number,
): string {
  return REASONS[state](facts, milestones, nowMs)
}

const REASONS: Record<
  LifecycleState,
  (facts: LifecycleFacts, milestones: Milestones, nowMs: number) => string
> = {
  ghost: (_facts, milestones, nowMs) => `anonymous, no purchase, ${lastSign(milestones, nowMs)}`,
  lost: ({ rules }, milestones, nowMs) => silence(milestones, nowMs, rules.lostAfter),
  at_risk: ({ rules }, milestones, nowMs) => silence(milestones, nowMs, rules.atRiskAfter),
  waiting: ({ rules }, milestones, nowMs) => silence(milestones, nowMs, rules.waitingAfter),
  hero({ rules: { hero, holdFor, currency }, purchasedMinor }, milestones, nowMs) {
    const isShort =
      purchasesWithin(milestones, hero.within, nowMs) < hero.purchases ||
      nowMs - (milestones.lastSignAtMs ?? nowMs) >= durationMs(hero.engagedWithin)
    const worth = `${(purchasedMinor / 100).toFixed(2)}${currency === undefined ? '' : ` ${currency}`}`
    return `${bought(milestones, hero.within, nowMs)}, worth ${worth} in all, ${lastSign(milestones, nowMs)}${isShort ? keptFor(holdFor) : ''}`
  },
  repeater({ rules: { repeater, holdFor } }, milestones, nowMs) {
    const isShort = purchasesWithin(milestones, repeater.within, nowMs) < repeater.purchases
    return `${bought(milestones, repeater.within, nowMs)}, ${lastSign(milestones, nowMs)}${isShort ? keptFor(holdFor) : ''}`
  },
  occasional: (_facts, milestones, nowMs) =>
    `${plural(milestones.purchases, 'purchase')} in all, ${lastSign(milestones, nowMs)}`,
  prospect: (_facts, milestones, nowMs) =>
    `${milestones.isRegistered ? 'registered' : 'known'}, no purchase, ${lastSign(milestones, nowMs)}`,
  new(_facts, milestones, nowMs) {
    const { metAtMs } = milestones
    const met = metAtMs === null ? 'just met' : `met ${ago(nowMs - metAtMs)}`
    return `${met}, no purchase, ${lastSign(milestones, nowMs)}`
  },
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const plural = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

function span(ms: number): string {
  if (ms >= DAY_MS) return plural(Math.floor(ms / DAY_MS), 'day')
  if (ms >= HOUR_MS) return plural(Math.floor(ms / HOUR_MS), 'hour')
  return plural(Math.floor(ms / MINUTE_MS), 'minute')
}

const ago = (ms: number): string => (ms < MINUTE_MS ? 'just now' : `${span(ms)} ago`)

const lastSign = ({ lastSignAtMs }: Milestones, nowMs: number): string =>
  lastSignAtMs === null ? 'no sign of life yet' : `last sign of life ${ago(nowMs - lastSignAtMs)}`

function silence(milestones: Milestones, nowMs: number, after: string): string {
  const { lastSignAtMs, metAtMs, purchases } = milestones
  const silentMs = nowMs - (lastSignAtMs ?? metAtMs ?? nowMs)
  return `no sign of life for ${span(silentMs)} (limit ${span(durationMs(after))}), ${plural(purchases, 'purchase')} in all`
}

const purchasesWithin = ({ purchasesMs }: Milestones, within: string, nowMs: number): number => {
  const withinMs = durationMs(within)
  return purchasesMs.filter((atMs) => nowMs - atMs < withinMs).length
}

function bought(milestones: Milestones, within: string, nowMs: number): string {
  const n = purchasesWithin(milestones, within, nowMs)
  const isAtLeast = n === milestones.purchasesMs.length && n < milestones.purchases
  return `${isAtLeast ? 'at least ' : ''}${plural(n, 'purchase')} in ${span(durationMs(within))}`
}

const keptFor = (holdFor: string): string =>
  `, kept for ${span(durationMs(holdFor))} after these figures last sufficed`
