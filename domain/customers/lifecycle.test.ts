import { describe, expect, test } from 'vitest'
import type { LifecycleState } from '../journeys/journey.ts'
import { lifecycleAt } from './lifecycle.ts'
import type { LifecycleFacts } from './lifecycle-milestones.ts'
import { DEFAULT_LIFECYCLE_RULES } from './lifecycle-rules.ts'

const DAY = 86_400_000

interface Life {
  readonly bought?: readonly number[]
  readonly viewed?: readonly number[]
  readonly signedUp?: readonly number[]
  readonly worth?: number
  readonly known?: boolean
  readonly created?: number
  readonly dropped?: number
}

/** All instants in days. */
function factsOf(life: Life): LifecycleFacts {
  const { bought = [], viewed = [], signedUp = [], worth = 0, known = true, created } = life
  const counter = (days: readonly number[], dropped = 0) => ({
    total: days.length + dropped,
    recentMs: days.map((day) => day * DAY),
  })
  return {
    rules: DEFAULT_LIFECYCLE_RULES,
    counters: {
      'Order Completed': counter(bought),
      'Product Viewed': counter(viewed, life.dropped),
      'Signed Up': counter(signedUp),
    },
    purchasedMinor: worth * 100,
    known,
    ...(created === undefined ? {} : { createdAtMs: created * DAY }),
  }
}

const at = (life: Life, day: number) => lifecycleAt(factsOf(life), day * DAY)

describe('the nine states', () => {
  const heroic = [0, 10, 20, 30, 40]
  const cases: [what: string, life: Life, day: number, state: LifecycleState, sinceDay?: number][] =
    [
      ['anonymous, browsing', { known: false, viewed: [0, 1] }, 2, 'ghost', 0],
      ['anonymous, silent for years', { known: false, viewed: [0] }, 900, 'ghost', 0],
      ['anonymous, nothing seen', { known: false }, 1, 'ghost'],
      ['anonymous, but a buyer', { known: false, bought: [0] }, 1, 'occasional', 0],
      ['registered by event alone', { known: false, signedUp: [0] }, 1, 'new', 0],
      ['known, never seen', {}, 500, 'new'],
      ['known, never seen, created lately', { created: 0 }, 13, 'new', 0],
      ['known, never seen, created a while ago', { created: 0 }, 14, 'prospect', 14],
      ['known, never seen, created long ago', { created: 0 }, 180, 'lost', 180],
      ['just met', { signedUp: [0], viewed: [3] }, 13, 'new', 0],
      ['met two weeks ago', { signedUp: [0], viewed: [3] }, 14, 'prospect', 14],
      ['created before the first sign', { created: 0, viewed: [20] }, 21, 'prospect', 14],
      [
        'created after the first sign (an import)',
        { created: 99, viewed: [0] },
        100,
        'at_risk',
        90,
      ],
      ['met lately, but more signs than are kept', { viewed: [1, 2], dropped: 9 }, 3, 'prospect'],
      ['back after a silence, no purchase', { viewed: [0, 50] }, 51, 'prospect', 50],
      ['one purchase', { bought: [0], viewed: [5] }, 6, 'occasional', 0],
      ['one purchase, back after a silence', { bought: [0], viewed: [50] }, 51, 'occasional', 50],
      ['two purchases in a year', { bought: [0, 20] }, 21, 'repeater', 20],
      ['two purchases exactly a year apart', { bought: [0, 365] }, 366, 'occasional', 365],
      ['five purchases of worth', { bought: heroic, worth: 500 }, 41, 'hero', 40],
      ['five purchases of too little worth', { bought: heroic, worth: 499.99 }, 41, 'repeater', 10],
      ['four purchases of worth', { bought: heroic.slice(1), worth: 900 }, 41, 'repeater', 20],
      ['a hero who is silent', { bought: heroic, worth: 500 }, 70, 'waiting', 70],
      ['a hero who is back', { bought: heroic, viewed: [75], worth: 500 }, 76, 'hero', 75],
      ['silent for a month', { bought: [0] }, 30, 'waiting', 30],
      ['silent for a quarter', { bought: [0] }, 90, 'at_risk', 90],
      ['silent for half a year', { bought: [0] }, 180, 'lost', 180],
    ]
  test.each(cases)('%s → %s', (_what, life, day, state, sinceDay) => {
    const verdict = at(life, day)
    expect(verdict.state).toBe(state)
    expect(verdict.sinceMs).toBe(sinceDay === undefined ? undefined : sinceDay * DAY)
  })
})

/** Every 20 days, so that nobody falls silent. */
const upTo = (day: number) => Array.from({ length: day / 20 }, (_, i) => 20 + i * 20)

describe('a threshold changes the state at its very instant, not before', () => {
  const five = [0, 10, 20, 30, 40]
  const cases: [what: string, life: Life, day: number, from: LifecycleState, to: LifecycleState][] =
    [
      ['newFor', { viewed: [0] }, 14, 'new', 'prospect'],
      ['waitingAfter', { viewed: [0] }, 30, 'prospect', 'waiting'],
      ['waitingAfter, counted from the last sign', { viewed: [0, 20] }, 50, 'prospect', 'waiting'],
      ['atRiskAfter', { bought: [0] }, 90, 'waiting', 'at_risk'],
      ['lostAfter', { bought: [0] }, 180, 'at_risk', 'lost'],
      ['repeater', { bought: [0, 50], viewed: upTo(380) }, 365 + 30, 'repeater', 'occasional'],
      ['hero', { bought: five, viewed: upTo(380), worth: 900 }, 365 + 30, 'hero', 'repeater'],
    ]
  test.each(cases)('%s', (_what, life, day, from, to) => {
    const before = lifecycleAt(factsOf(life), day * DAY - 1)
    expect(before).toMatchObject({ state: from, nextAtMs: day * DAY })
    expect(at(life, day)).toMatchObject({ state: to, sinceMs: day * DAY })
  })

  test('nobody who is lost, and no ghost, has a next change', () => {
    expect(at({ bought: [0] }, 180).nextAtMs).toBeNull()
    expect(at({ known: false, viewed: [0] }, 1).nextAtMs).toBeNull()
  })
})

describe('hysteresis', () => {
  const views = Array.from({ length: 60 }, (_, i) => i * 20)

  test('repeater is held for 30 days after the second purchase left the window, and no longer', () => {
    const life = { bought: [0, 50], viewed: views.filter((day) => day <= 380) }
    expect(at(life, 394).state).toBe('repeater')
    expect(at(life, 394).reason).toContain('kept for 30 days')
    expect(at(life, 395).state).toBe('occasional')
    expect(at(life, 395).sinceMs).toBe(395 * DAY)
  })

  test('a purchase within the hold renews it without a break', () => {
    const life = { bought: [0, 50, 390], viewed: views.filter((day) => day < 390) }
    expect(at(life, 391)).toMatchObject({ state: 'repeater', sinceMs: 50 * DAY })
    expect(at(life, 391).reason).not.toContain('kept')
  })

  test('no hold keeps up a customer who is silent', () => {
    expect(at({ bought: [0, 50], viewed: [360] }, 390).state).toBe('waiting')
  })
})

describe('the reason names the figures', () => {
  const cases: [life: Life, day: number, reason: string][] = [
    [{ known: false }, 0, 'anonymous, no purchase, no sign of life yet'],
    [{}, 0, 'just met, no purchase, no sign of life yet'],
    [{ signedUp: [0] }, 0, 'met just now, no purchase, last sign of life just now'],
    [{ signedUp: [0] }, 0.1, 'met 2 hours ago, no purchase, last sign of life 2 hours ago'],
    [{ signedUp: [0] }, 20, 'registered, no purchase, last sign of life 20 days ago'],
    [{ viewed: [0] }, 20, 'known, no purchase, last sign of life 20 days ago'],
    [{ bought: [0] }, 1, '1 purchase in all, last sign of life 1 day ago'],
    [{ bought: [0, 3] }, 6, '2 purchases in 365 days, last sign of life 3 days ago'],
    [
      { bought: [0, 1, 2, 3, 4], worth: 612 },
      7,
      '5 purchases in 365 days, worth 612.00 in all, last sign of life 3 days ago',
    ],
    [{ bought: [0] }, 92, 'no sign of life for 92 days (limit 90 days), 1 purchase in all'],
  ]
  test.each(cases)('%j on day %d', (life, day, reason) => {
    expect(at(life, day).reason).toBe(reason)
  })
})
