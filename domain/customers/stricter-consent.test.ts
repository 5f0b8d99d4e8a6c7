import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  laterConsent,
  stricterConsent,
  stricterConsents,
  type ConsentStatement,
} from './stricter-consent.ts'

const statement: fc.Arbitrary<ConsentStatement> = fc.record({
  granted: fc.boolean(),
  // Few, so that equal instants are common.
  atMs: fc.integer({ min: 0, max: 3 }),
  source: fc.constantFrom('form', 'shop'),
  proof: fc.constantFrom(null, 'a tick', { row: 1 }, { row: 2 }),
  textVersion: fc.constantFrom(null, 'v1', 'v2'),
})
const names = fc.constantFrom('marketing', 'research')
const consents = fc.dictionary(names, fc.dictionary(fc.constantFrom('email', 'sms'), fc.boolean()))

const LAWS = [
  ['laterConsent', laterConsent, statement],
  ['stricterConsent', stricterConsent, statement],
  ['stricterConsents', stricterConsents, consents],
] as const

describe.each(LAWS)('%s', (_, unite, arbitrary) => {
  const join = unite as <T>(a: T, b: T) => T
  const any = arbitrary as fc.Arbitrary<unknown>

  test('is the same in whatever order two come', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(join(a, b)).toEqual(join(b, a))
      }),
    )
  })

  test('is the same however three are put together', () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(join(join(a, b), c)).toEqual(join(a, join(b, c)))
      }),
    )
  })

  test('of one and itself is that one', () => {
    fc.assert(
      fc.property(any, (a) => {
        expect(join(a, a)).toEqual(a)
      }),
    )
  })
})

const said = (granted: boolean, atMs: number): ConsentStatement => ({
  granted,
  atMs,
  source: 's',
  proof: null,
  textVersion: null,
})

test('of one person the later statement holds, yes or no', () => {
  expect(laterConsent(said(false, 1), said(true, 2)).granted).toBe(true)
  expect(laterConsent(said(false, 2), said(true, 1)).granted).toBe(false)
})

test('of two about the same instant no holds', () => {
  expect(laterConsent(said(true, 1), said(false, 1)).granted).toBe(false)
})

test('of two people who are one, no holds whenever it was said', () => {
  expect(stricterConsent(said(false, 1), said(true, 2)).granted).toBe(false)
  expect(stricterConsent(said(true, 1), said(true, 2)).atMs).toBe(2)
})

test('what only one of them has on record stays', () => {
  expect(
    stricterConsents(
      { marketing: { email: true, sms: true } },
      { marketing: { email: false }, research: { email: true } },
    ),
  ).toEqual({ marketing: { email: false, sms: true }, research: { email: true } })
})
