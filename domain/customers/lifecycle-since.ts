import type { LifecycleState } from '../journeys/journey.ts'
import { durationMs } from '../time.ts'
import { enoughSince, signCounters } from './lifecycle-milestones.ts'
import type { LifecycleFacts, Milestones } from './lifecycle-milestones.ts'

/**
 * The instant at which the current state began, read off the facts; undefined where it lies behind the
 * instants that are kept.
 *
 * It reads the past with what is known today: as if a customer with a user id had always had it, and, for a hero, as
 * if the purchases had always been worth what they are together now.
 *
 * Cost: O(kept instants), at most `INSTANTS_MAX` per sign of life.
 */
export function stateSince(
  state: LifecycleState,
  facts: LifecycleFacts,
  milestones: Milestones,
): number | undefined {
  return SINCE[state](facts, milestones)
}

const SINCE: Record<
  LifecycleState,
  (facts: LifecycleFacts, milestones: Milestones) => number | undefined
> = {
  lost: (_facts, milestones) => silent('lost', milestones.lostAtMs, milestones),
  at_risk: (_facts, milestones) => silent('at_risk', milestones.atRiskAtMs, milestones),
  waiting: (_facts, milestones) => silent('waiting', milestones.waitingAtMs, milestones),
  ghost: (facts, milestones) => latest([activeSince('ghost', facts, milestones), met(milestones)]),
  new: (facts, milestones) =>
    latest([activeSince('new', facts, milestones), met(milestones), registered(facts, milestones)]),
  prospect: (facts, milestones) =>
    latest([
      activeSince('prospect', facts, milestones),
      newUntil(facts, milestones),
      registered(facts, milestones),
    ]),
  occasional: (facts, milestones) =>
    latest([
      activeSince('occasional', facts, milestones),
      bought(milestones, milestones.purchasesMs[0] ?? -Infinity),
      exactly(milestones.repeaterUntilMs),
      heroEnd('occasional', facts, milestones),
    ]),
  repeater: (facts, milestones) =>
    latest([
      activeSince('repeater', facts, milestones),
      enough(facts, milestones, facts.rules.repeater),
      heroEnd('repeater', facts, milestones),
    ]),
  hero: (facts, milestones) =>
    latest([activeSince('hero', facts, milestones), enough(facts, milestones, facts.rules.hero)]),
}

/** An instant, or where it is not exact, the latest that it can be. */
interface Beginning {
  readonly atMs: number
  readonly isExact: boolean
}

const exactly = (atMs: number): Beginning => ({ atMs, isExact: true })

const bought = ({ purchases, purchasesMs }: Milestones, atMs: number): Beginning => ({
  atMs,
  isExact: purchases === purchasesMs.length,
})

const met = ({ metAtMs, isTruncated }: Milestones): Beginning => ({
  atMs: metAtMs ?? -Infinity,
  isExact: !isTruncated,
})

const enough = (
  { rules }: LifecycleFacts,
  milestones: Milestones,
  { purchases, within }: { readonly purchases: number; readonly within: string },
): Beginning =>
  bought(
    milestones,
    enoughSince(milestones.purchasesMs, purchases, durationMs(within), durationMs(rules.holdFor)),
  )

/** Where the first sign is no longer kept, it was earlier, and so was this. */
const newUntil = ({ rules }: LifecycleFacts, { metAtMs, isTruncated }: Milestones): Beginning => ({
  atMs: (metAtMs ?? -Infinity) + durationMs(rules.newFor),
  isExact: !isTruncated,
})

/** Whoever has no user id was a ghost until the registration. */
const registered = (
  { rules, counters, known }: LifecycleFacts,
  { isTruncated }: Milestones,
): Beginning =>
  known
    ? exactly(-Infinity)
    : {
        atMs: Math.min(
          ...rules.registration.map((name) => counters[name]?.recentMs[0] ?? Infinity),
        ),
        isExact: !isTruncated,
      }

/** The latest, if it is certain which one that is. */
function latest(beginnings: readonly Beginning[]): number | undefined {
  const atMs = Math.max(...beginnings.map((beginning) => beginning.atMs))
  const isCertain = beginnings.some((beginning) => beginning.isExact && beginning.atMs === atMs)
  return isCertain && Number.isFinite(atMs) ? atMs : undefined
}

const comesBefore = ({ priority }: Milestones, one: LifecycleState, other: LifecycleState) =>
  priority.indexOf(one) < priority.indexOf(other)

/** A silence that was covered by a state of higher priority shows only when that one is over. */
function silent(state: LifecycleState, atMs: number, milestones: Milestones): number {
  const { purchases, heroUntilMs, repeaterUntilMs, newUntilMs } = milestones
  const covers: readonly (readonly [LifecycleState, number])[] =
    purchases === 0
      ? [['new', newUntilMs]]
      : [
          ['hero', heroUntilMs],
          ['repeater', repeaterUntilMs],
        ]
  return Math.max(
    atMs,
    ...covers.map(([cover, untilMs]) =>
      comesBefore(milestones, cover, state) ? untilMs : -Infinity,
    ),
  )
}

/** How long a silence must be to take this state away. */
function silenceMsOf(state: LifecycleState, { rules }: LifecycleFacts, milestones: Milestones) {
  const { waitingAfter, atRiskAfter, lostAfter, hero, holdFor } = rules
  const silences = (
    [
      ['waiting', waitingAfter],
      ['at_risk', atRiskAfter],
      ['lost', lostAfter],
    ] as const
  ).map(([silence, after]) =>
    comesBefore(milestones, silence, state) ? durationMs(after) : Infinity,
  )
  const engagedMs =
    state === 'hero' ? durationMs(hero.engagedWithin) + durationMs(holdFor) : Infinity
  return Math.min(...silences, engagedMs)
}

/**
 * When the customer last stopped being a hero. It is reckoned from the last sign of life: where a silence
 * ends a hero before it ends what comes next, the hero may have ended in an earlier one.
 */
function heroEnd(state: LifecycleState, facts: LifecycleFacts, milestones: Milestones): Beginning {
  return {
    atMs: milestones.heroUntilMs,
    isExact: silenceMsOf(state, facts, milestones) <= silenceMsOf('hero', facts, milestones),
  }
}

/** Since when no two signs of life lie so far apart that a silence took the state away in between. */
function activeSince(
  state: LifecycleState,
  facts: LifecycleFacts,
  milestones: Milestones,
): Beginning {
  const { createdAtMs } = facts
  const silenceMs = silenceMsOf(state, facts, milestones)
  if (silenceMs === Infinity) return exactly(-Infinity)
  const counters = signCounters(facts)
  const unread = counters.map(({ recentMs }) => recentMs.length)
  let atMs = milestones.lastSignAtMs ?? createdAtMs ?? -Infinity
  for (let reachedMs = Infinity; atMs < reachedMs;) {
    reachedMs = atMs
    for (const [i, { recentMs }] of counters.entries()) {
      let left = unread[i] ?? 0
      while (left > 0 && reachedMs - (recentMs[left - 1] ?? -Infinity) < silenceMs) {
        left -= 1
        atMs = Math.min(atMs, recentMs[left] ?? atMs)
      }
      unread[i] = left
    }
  }
  const isExact = counters.every(
    ({ total, recentMs }, i) => total === recentMs.length || (unread[i] ?? 0) > 0,
  )
  if (createdAtMs !== undefined && createdAtMs < atMs && atMs - createdAtMs < silenceMs) {
    const isFirst = unread.every((left) => left === 0)
    if (isFirst) return { atMs: createdAtMs, isExact }
  }
  return { atMs, isExact }
}
