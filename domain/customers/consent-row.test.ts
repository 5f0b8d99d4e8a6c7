import { describe, expect, test } from 'vitest'
import { readConsentRow } from './consent-row.ts'

const NOW_MS = Date.parse('2026-11-28T09:00:00Z')
const YES = {
  customer: 'user:42',
  purpose: 'marketing',
  channel: 'email',
  granted: true,
  at: '2024-05-06T07:08:09Z',
  source: 'shop checkout',
  proof: { form: 'checkout', order: 'o1' },
  textVersion: 'newsletter-1',
}
const codesOf = (row: object) =>
  readConsentRow({ ...row }, NOW_MS).findings.map(({ code, path }) => `${code} ${path}`)

describe('a row of an import', () => {
  test('is read whole', () => {
    expect(readConsentRow(YES, NOW_MS).row).toEqual({
      customer: 'user:42',
      purpose: 'marketing',
      channel: 'email',
      granted: true,
      atMs: Date.parse(YES.at),
      source: 'shop checkout',
      proof: YES.proof,
      textVersion: 'newsletter-1',
      key: null,
    })
  })

  test('that says yes says when, where and what shows it', () => {
    const { at: _, source: __, proof: ___, ...bare } = YES
    expect(codesOf(bare).toSorted()).toEqual([
      'missing_field /at',
      'missing_field /proof',
      'missing_field /source',
    ])
  })

  test('that says no is taken at its word, as said now', () => {
    const no = { customer: 'c', purpose: 'marketing', channel: 'email', granted: false }
    expect(readConsentRow(no, NOW_MS).row).toMatchObject({
      granted: false,
      atMs: NOW_MS,
      source: 'import',
      proof: null,
    })
  })

  test('has everything wrong with it named at once', () => {
    expect(
      codesOf({ ...YES, granted: 'yes', at: 'May', proof: 7, channel: '', chanel: 'email' }),
    ).toEqual([
      'invalid_value /granted',
      'missing_field /channel',
      'invalid_value /at',
      'invalid_value /proof',
      'unknown_field /chanel',
    ])
  })

  test('tells of what has been', () => {
    expect(codesOf({ ...YES, at: '2027-01-01T00:00:00Z' })).toEqual(['invalid_value /at'])
  })

  test('is an object', () => {
    expect(readConsentRow([], NOW_MS).row).toBeNull()
    expect(readConsentRow(null, NOW_MS).row).toBeNull()
  })
})
