import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../json.ts'
import {
  DEFAULT_TRAIT_RULES,
  mergeProfiles,
  mergeTraitsWithOrigins,
  type GoldenProfile,
  type TraitRules,
} from './golden-record.ts'

const NOBODY: GoldenProfile = { traits: {}, origins: {}, known: false, zone: 'UTC' }

interface Word {
  readonly said: JsonObject
  readonly atMs: number
  readonly source: string
}

const word = (value: JsonValue, atMs: number, source = 'shop'): Word => ({
  said: { t: value },
  atMs,
  source,
})
const hear = (words: readonly Word[], rules: TraitRules, from = NOBODY): GoldenProfile =>
  words.reduce((profile, { said, ...by }) => mergeTraitsWithOrigins(profile, said, by, rules), from)
const valueOf = (words: readonly Word[], rules: TraitRules = DEFAULT_TRAIT_RULES) =>
  hear(words, rules).traits['t']

describe('of what is said of a trait', () => {
  test('the latest holds by default, by when it happened', () => {
    expect(hear([word('new', 20, 'crm'), word('old', 10)], DEFAULT_TRAIT_RULES)).toMatchObject({
      traits: { t: 'new' },
      origins: { t: { atMs: 20, source: 'crm' } },
    })
  })

  test('a removal is remembered: what is older does not bring the trait back', () => {
    const removed = hear([word(null, 20), word('old', 10)], DEFAULT_TRAIT_RULES)
    expect(removed).toMatchObject({ traits: {}, origins: { t: { atMs: 20, source: 'shop' } } })
    expect(valueOf([word(null, 20), word('newer', 30)])).toBe('newer')
  })

  test('in one instant the source decides, then the content', () => {
    for (const words of [
      [word('a', 10, 'web'), word('b', 10, 'crm')],
      [word('a', 10), word('b', 10)].toReversed(),
    ])
      expect(valueOf(words)).toBe(valueOf(words.toReversed()))
    expect(valueOf([word('a', 10, 'web'), word('b', 10, 'crm')])).toBe('a')
  })

  test('the longest text holds where that is the rule, of those since it was taken away', () => {
    const rules: TraitRules = { t: 'longest' }
    expect(valueOf([word('Ada Lovelace', 10), word('Ada', 20)], rules)).toBe('Ada Lovelace')
    expect(valueOf([word('Ada L', 10), word('Ada M', 20)], rules)).toBe('Ada M')
    const removedBetween = [word('Ada Lovelace', 10), word('Ada', 30), word(null, 20)]
    expect(valueOf(removedBetween, rules)).toBe('Ada')
    expect(valueOf([word('Ada', 10), word(null, 20)], rules)).toBeUndefined()
  })

  test('a less trusted source never overwrites a more trusted one, nor takes away what it said', () => {
    const rules: TraitRules = { '*': { sources: ['crm', 'web'] }, u: 'latest' }
    expect(valueOf([word('crm', 10, 'crm'), word('web', 20, 'web')], rules)).toBe('crm')
    expect(valueOf([word('crm', 10, 'crm'), word(null, 20, 'web')], rules)).toBe('crm')
    expect(valueOf([word('else', 20, 'else'), word('web', 10, 'web')], rules)).toBe('web')
    expect(valueOf([word('1', 10, 'crm'), word('2', 20, 'crm')], rules)).toBe('2')
  })

  test('anything takes the place of a value of which nobody knows where it comes from', () => {
    const stored = { ...NOBODY, traits: { t: 'stored', u: 'other' } }
    const heard = hear([word('said', 1)], DEFAULT_TRAIT_RULES, stored)
    expect(heard.traits).toEqual({ t: 'said', u: 'other' })
    expect(heard.origins).toEqual({ t: { atMs: 1, source: 'shop' } })
  })

  test('nothing new leaves the very same profile', () => {
    const heard = hear([word('new', 20)], DEFAULT_TRAIT_RULES)
    expect(hear([word('old', 10), word('new', 20)], DEFAULT_TRAIT_RULES, heard)).toBe(heard)
  })

  test('names that objects have by themselves are names like any other', () => {
    const said = JSON.parse('{ "__proto__": 1, "constructor": 2 }') as JsonObject
    const heard = hear([{ said, atMs: 1, source: 'shop' }], DEFAULT_TRAIT_RULES)
    expect(JSON.stringify(heard.traits)).toBe('{"__proto__":1,"constructor":2}')
  })
})

describe('mergeProfiles', () => {
  const ana = { ...hear([word('ana', 10)], DEFAULT_TRAIT_RULES), known: true, zone: 'Europe/Oslo' }
  const visitor = { ...hear([word('visitor', 20)], DEFAULT_TRAIT_RULES), zone: 'Europe/Madrid' }

  test('of two values the newer one, whoever stays', () => {
    const merged = mergeProfiles(ana, visitor, DEFAULT_TRAIT_RULES)
    expect(merged).toMatchObject({ traits: { t: 'visitor' }, known: true, zone: 'Europe/Madrid' })
    expect(mergeProfiles(visitor, ana, DEFAULT_TRAIT_RULES)).toEqual(merged)
  })

  test('the zone that the customer declared, before one that a device showed', () => {
    const declared = { ...ana, traits: { timezone: 'Europe/Oslo' } }
    expect(mergeProfiles(declared, visitor, DEFAULT_TRAIT_RULES).zone).toBe('Europe/Oslo')
    expect(mergeProfiles({ ...ana, zone: 'UTC' }, visitor, {}).zone).toBe('Europe/Madrid')
  })

  test('of two values without an origin the same one, whoever stays', () => {
    const [one, other] = ['a', 'b'].map((t) => ({ ...NOBODY, traits: { t } }))
    const merged = mergeProfiles(one!, other!, {})
    expect(mergeProfiles(other!, one!, {})).toEqual(merged)
    expect(merged.origins).toEqual({})
  })
})

describe('however it arrives and whoever is merged into whom, the same holds', () => {
  const names = ['plain', 'name', 'phone', '__proto__']
  const rules: TraitRules = { '*': 'latest', name: 'longest', phone: { sources: ['crm', 'web'] } }
  // Few of each, so that instants, sources, lengths and contents often meet.
  const value = fc.constantFrom<JsonValue>(null, null, 'a', 'b', 'aa', 'bbb', 7, { a: 1 }, true)
  const someWord: fc.Arbitrary<Word> = fc.record({
    said: fc
      .dictionary(fc.constantFrom(...names), value, { maxKeys: 4, noNullPrototype: true })
      .map((said) => ({ ...said })),
    atMs: fc.integer({ min: 0, max: 6 }),
    source: fc.constantFrom('crm', 'web', 'journey:welcome'),
  })
  const words = fc.array(someWord, { maxLength: 12 })
  const inAnyOrder = words.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
    ),
  )

  test('in any order of arrival, however often', () => {
    fc.assert(
      fc.property(inAnyOrder, ([all, shuffled]) => {
        const heard = hear(all, rules)
        expect(hear(shuffled, rules)).toEqual(heard)
        expect(hear(shuffled, rules, heard)).toBe(heard)
      }),
      { numRuns: 2_000 },
    )
  })

  test('in any order of merges: as if one customer had heard it all', () => {
    fc.assert(
      fc.property(words, words, words, (a, b, c) => {
        const [one, two, three] = [hear(a, rules), hear(b, rules), hear(c, rules)]
        const merge = (left: GoldenProfile, right: GoldenProfile) =>
          mergeProfiles(left, right, rules)
        const all = hear([...a, ...b, ...c], rules)
        expect(merge(merge(one, two), three)).toEqual(all)
        expect(merge(one, merge(two, three))).toEqual(all)
        expect(merge(three, merge(two, one))).toEqual(all)
        expect(merge(one, one)).toEqual(one)
      }),
      { numRuns: 2_000 },
    )
  })

  test('it survives being stored as JSON', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const stored = JSON.parse(JSON.stringify(hear(a, rules))) as GoldenProfile
        expect(hear(b, rules, stored)).toEqual(hear([...a, ...b], rules))
      }),
    )
  })
})
