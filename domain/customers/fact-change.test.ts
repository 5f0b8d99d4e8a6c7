import { describe, expect, test } from 'vitest'
import type { RuleBook } from '../journeys/rule-book.ts'
import { currentFacts, factChange, factsSet, type Profile } from './fact-change.ts'
import { DEFAULT_LIFECYCLE_RULES } from './lifecycle-rules.ts'

const profile = (traits: Profile['traits'], more: Partial<Profile> = {}): Profile => ({
  traits,
  known: false,
  zone: 'UTC',
  ...more,
})
const book: RuleBook = {
  hash: 'book',
  events: {},
  traits: { plan: { since: 1 }, constructor: { since: 1 } },
  presence: { phone: { since: 1 } },
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  lifecycleEntries: [],
}

describe('dates', () => {
  const dated: RuleBook = { ...book, dates: { birthday: { since: 1 }, trialEnds: { since: 1 } } }
  const known = profile({ birthday: '1990-12-06', trialEnds: '2026-12-20T10:00:00+01:00' })

  test('of a personal one only day and month are said', () => {
    expect(currentFacts(known, dated).dates).toEqual({
      birthday: '--12-06',
      trialEnds: '2026-12-20T09:00:00.000Z',
    })
    expect(JSON.stringify(currentFacts(known, dated))).not.toContain('1990')
  })

  test('a new date is said, one that was taken away or cannot be read is null', () => {
    const after = profile({ birthday: '6 December', trialEnds: '2026-12-24' })
    expect(factChange(known, after, dated)).toEqual({
      dates: { birthday: null, trialEnds: '2026-12-24' },
    })
    expect(factChange(known, profile({}), dated)).toEqual({
      dates: { birthday: null, trialEnds: null },
    })
  })

  test('another year of birth is no news', () => {
    const older = profile({ ...known.traits, birthday: '1980-12-06' })
    expect(factChange(known, older, dated)).toBeNull()
  })
})

describe('whether there is an e-mail address or a phone number', () => {
  const asking: RuleBook = { ...book, presence: { emailOrPhone: { since: 1 } } }
  const both = profile({ email: 'ada@example.com', phone: '+351912345678' })
  const one = profile({ phone: '+351912345678' })

  test('is one fact, which changes with the first and the last of them', () => {
    expect(currentFacts(one, asking).has).toEqual({ emailOrPhone: true })
    expect(factChange(profile({}), one, asking)).toEqual({ has: { emailOrPhone: true } })
    expect(factChange(both, one, asking)).toEqual({ has: { email: false } })
    expect(factChange(one, profile({ phone: '' }), asking)).toEqual({
      has: { emailOrPhone: false },
    })
  })

  test('is known where a journey sets one, and left as it is where one is taken away', () => {
    expect(factsSet({ phone: '+351912345678' }, asking).has).toEqual({ emailOrPhone: true })
    expect(factsSet({ phone: null }, asking).has).toEqual({})
  })
})

describe('factChange', () => {
  test('says the new value of a trait that conditions read', () => {
    expect(factChange(profile({ plan: 'free' }), profile({ plan: 'pro' }), book)).toEqual({
      traits: { plan: 'pro' },
    })
  })

  test('says null where such a trait was taken away', () => {
    expect(factChange(profile({ plan: 'free' }), profile({}), book)).toEqual({
      traits: { plan: null },
    })
  })

  test('is null when only the order of keys differs, or nobody asks', () => {
    const before = profile({ plan: { a: 1, b: [2] }, name: 'Ana' })
    const after = profile({ plan: { b: [2], a: 1 }, name: 'Eva' })
    expect(factChange(before, after, book)).toBeNull()
  })

  test('says of e-mail and other personal traits only whether there is one', () => {
    const after = profile({ email: 'ana@example.com', phone: '+34 600', name: 'Ana' })
    expect(factChange(profile({}), after, book)).toEqual({ has: { email: true, phone: true } })
    expect(factChange(after, profile({ email: '', phone: '+34 601' }), book)).toEqual({
      has: { email: false },
    })
  })

  test('says once that the customer became known, and where the customer lives now', () => {
    const after = profile({}, { known: true, zone: 'Asia/Tokyo' })
    expect(factChange(profile({}), after, book)).toEqual({ known: true, zone: 'Asia/Tokyo' })
    expect(factChange(after, after, book)).toBeNull()
  })
})

describe('currentFacts', () => {
  test('says all that rules ask for and nothing that is not there', () => {
    const known = profile({ plan: 'pro', email: 'ana@example.com' }, { known: true })
    expect(currentFacts(known, book)).toEqual({
      traits: { plan: 'pro' },
      has: { email: true },
      known: true,
      zone: 'UTC',
    })
  })
})
