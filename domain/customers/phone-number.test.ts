import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readPhone } from './phone-number.ts'

const NUMBERS = readFileSync(
  new URL('../../test/reference/phone-numbers.csv', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [code = '', region = '', type = '', national = ''] = line.split(',')
    return { e164: `+${code}${national}`, region, type }
  })

describe('the 1,148 reference numbers of libphonenumber', () => {
  test('1,145 are taken as they are', () => {
    expect(NUMBERS).toHaveLength(1148)
    expect(new Set(NUMBERS.map(({ region }) => region)).size).toBe(246)
    const taken = NUMBERS.filter(({ e164 }) => {
      const read = readPhone(e164)
      return read.ok && read.e164 === e164
    })
    expect(taken).toHaveLength(1145)
  })

  test('of three the newer metadata says that their range is not given out', () => {
    expect(
      NUMBERS.flatMap(({ e164, region, type }) => {
        const read = readPhone(e164)
        return read.ok ? [] : [[region, type, read.problem]]
      }),
    ).toEqual([
      ['BJ', 'VOIP', 'not_assigned'],
      ['BJ', 'UAN', 'not_assigned'],
      ['ZW', 'FIXED_LINE', 'not_assigned'],
    ])
  })
})

describe('a number without a country', () => {
  test('is read as one of the given region', () => {
    expect(readPhone('0170 1234567', { region: 'DE' })).toEqual({
      ok: true,
      e164: '+491701234567',
      region: 'DE',
    })
    expect(readPhone('0170 1234567', { region: 'de' }).ok).toBe(true)
  })

  test.each([undefined, 'XX', 'Germany'])('is not guessed with region %s', (region) => {
    expect(readPhone('0170 1234567', { region })).toEqual({ ok: false, problem: 'no_country' })
  })

  test('a country code counts more than the region', () => {
    expect(readPhone('+43 660 1234567', { region: 'DE' })).toMatchObject({ region: 'AT' })
  })
})

test.each(['+49 170 1234567', ' +49 (0)170 / 123 45 67 ', 'tel:+49-170-1234567'])(
  '%j is understood as people write it',
  (text) => {
    expect(readPhone(text)).toMatchObject({ e164: '+491701234567' })
  },
)

test('a number of no country has no region', () => {
  expect(readPhone('+80012345678')).toEqual({ ok: true, e164: '+80012345678', region: null })
})

test.each([
  ['', 'empty'],
  ['call me', 'not_a_number'],
  ['+999 123456', 'unknown_country_code'],
  ['+49 1', 'too_short'],
  ['9'.repeat(400), 'too_long'],
  ['+49 30 123456 ext. 12', 'extension'],
  ['+1 555 0100', 'not_assigned'],
])('%j: %s', (text, problem) => {
  expect(readPhone(text)).toEqual({ ok: false, problem })
})
