import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateExpression } from '../conditions.ts'
import { compileRuleBook } from '../journeys/compile-rule-book.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { DEFAULT_TRAIT_RULES, mergeProfiles } from '../customers/golden-record.ts'
import { hearEvent, type KnownProfile } from '../customers/hear-event.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonValue } from '../json.ts'
import { journey } from '../../test/support/journeys.ts'
import type { Touchpoint } from './touchpoint.ts'
import { countTouchpoints, TOUCHPOINTS_TRAIT } from './seen-touchpoints.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)
const DAY_MS = 86_400_000

const NOBODY: KnownProfile = {
  traits: {},
  origins: {},
  known: false,
  zone: 'UTC',
  unheard: false,
}

const bookWith = (when: string): RuleBook => ({
  ...compileRuleBook({
    journeys: [
      {
        journey: journey('a', { entry: { on: [{ event: 'Asked' }], when } }),
        version: 1,
        hash: 'a',
        live: true,
      },
    ],
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    previous: null,
    publication: 1,
  }),
  hash: 'book',
})
const asking = bookWith("touchpoints('P14D') >= 2")
const silent = bookWith('true')

interface Visit {
  readonly touchpoint: Touchpoint
  readonly atMs: number
}

const hear = (profile: KnownProfile, { touchpoint, atMs }: Visit, book = asking, name = 'Seen') =>
  hearEvent(
    profile,
    {
      name,
      occurredAtMs: atMs,
      source: touchpoint.source ?? 'track',
      said: {},
      deviceZone: undefined,
      namesUser: false,
      touchpoint,
    },
    book,
    DEFAULT_TRAIT_RULES,
  )
const live = (visits: readonly Visit[]) =>
  visits.reduce((profile, visit) => hear(profile, visit).after, NOBODY)
const seen = (profile: Pick<KnownProfile, 'traits'>): JsonValue | undefined =>
  profile.traits[TOUCHPOINTS_TRAIT]

describe('an event that comes over a touchpoint', () => {
  const web = { source: 'web', channel: 'shop' }

  test('is heard once a day and touchpoint, and not at all where no rule asks', () => {
    const first = hear(NOBODY, { touchpoint: web, atMs: NOW_MS })
    expect(first.facts).toEqual({ traits: { [TOUCHPOINTS_TRAIT]: { 'web/shop': '2026-11-28' } } })
    const again = hear(first.after, { touchpoint: web, atMs: NOW_MS + 3_600_000 })
    expect(again).toMatchObject({ passes: false, facts: null })
    expect(again.after).toBe(first.after)
    expect(hear(again.after, { touchpoint: web, atMs: NOW_MS + DAY_MS }).passes).toBe(true)
    expect(hear(again.after, { touchpoint: { source: 'pos' }, atMs: NOW_MS }).passes).toBe(true)
    const unasked = hear(NOBODY, { touchpoint: web, atMs: NOW_MS }, silent)
    expect(unasked).toMatchObject({ passes: false, facts: null })
    // It is known all the same, for audiences and for a rule that asks tomorrow.
    expect(seen(unasked.after)).toEqual({ 'web/shop': '2026-11-28' })
  })

  test('says nothing where it does not tell from where', () => {
    expect(hear(NOBODY, { touchpoint: {}, atMs: NOW_MS })).toMatchObject({ passes: false })
  })

  test('cannot be made up by a caller', () => {
    const { after, judged } = hearEvent(
      NOBODY,
      {
        name: null,
        occurredAtMs: NOW_MS,
        source: 'crm',
        said: { [TOUCHPOINTS_TRAIT]: { web: '2026-11-28' } },
        deviceZone: undefined,
        namesUser: true,
      },
      asking,
      DEFAULT_TRAIT_RULES,
    )
    expect(seen(after)).toBeUndefined()
    expect(judged.findings).toMatchObject([{ trait: TOUCHPOINTS_TRAIT, problem: 'reckoned' }])
  })
})

describe('touchpoints()', () => {
  const of = (value: JsonValue | undefined, source: string) =>
    evaluateExpression(source, {
      nowMs: NOW_MS,
      customer: {
        traits: value === undefined ? {} : { [TOUCHPOINTS_TRAIT]: value },
        has: {},
        lifecycle: 'new',
        consents: {},
        counters: {},
        returned: [],
        journeys: [],
      },
      event: null,
      entry: null,
    })

  test('counts by days, the first of them as a whole, and is 0 for who was seen nowhere', () => {
    const value = { web: '2026-11-28', pos: '2026-11-14', store: '2026-11-13', app: '2026-12-01' }
    expect(of(value, "touchpoints('P14D')")).toEqual({ ok: true, value: 2 })
    expect(of(value, "touchpoints('P15D') >= 3")).toEqual({ ok: true, value: true })
    expect(of(undefined, "touchpoints('P14D')")).toEqual({ ok: true, value: 0 })
    expect(of({ web: 7, pos: 'soon' }, "touchpoints('P14D')")).toEqual({ ok: true, value: 0 })
    expect(of(value, "touchpoints('soon')").ok).toBe(false)
  })
})

describe('which touchpoints a customer was seen at', () => {
  const visit: fc.Arbitrary<Visit> = fc.record({
    touchpoint: fc.record(
      {
        source: fc.constantFrom('web', 'pos', 'app'),
        channel: fc.constantFrom(...Array.from({ length: 20 }, (_, at) => `c${at}`)),
      },
      { requiredKeys: ['source'], noNullPrototype: true },
    ),
    atMs: fc.integer({ min: 0, max: 40 }).map((days) => NOW_MS - days * DAY_MS),
  })
  const visits = fc.array(visit, { maxLength: 120 })

  test('is the same in any order, however often it is said, and stays small', () => {
    fc.assert(
      fc.property(
        visits.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          const value = seen(live(all))
          expect(live(shuffled)).toEqual(live(all))
          expect(live([...all, ...shuffled])).toEqual(live(all))
          expect(countTouchpoints(value, { nowMs: NOW_MS, windowMs: 99 * DAY_MS })).toBe(
            Math.min(32, new Set(all.map(({ touchpoint }) => JSON.stringify(touchpoint))).size),
          )
        },
      ),
    )
  })

  test('is the same for two who turn out to be one, whichever stays, as if they had been one all along', () => {
    fc.assert(
      fc.property(visits, visits, (one, other) => {
        const [a, b] = [live(one), live(other)]
        const merged = mergeProfiles(a, b, DEFAULT_TRAIT_RULES)
        const { traits, origins } = live([...one, ...other])
        expect(merged).toMatchObject({ traits, origins })
        expect(mergeProfiles(b, a, DEFAULT_TRAIT_RULES)).toEqual(merged)
      }),
    )
  })
})
