import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DefinitionError } from '../errors.ts'
import type { DateRule } from '../journeys/journey.ts'
import { toIso } from '../time.ts'
import { dateInstant, readDateFact } from './date-facts.ts'

const due = (fact: string, rule: Partial<DateRule>, zone: string, after: string) => {
  const found = dateInstant(fact, { date: 'd', ...rule }, zone, Date.parse(after))
  return found === null ? null : toIso(found.atMs)
}

describe('readDateFact', () => {
  test.each([
    ['a day', 'trialEnds', '2026-12-06', '2026-12-06'],
    ['the leap day of a leap year', 'trialEnds', '2028-02-29', '2028-02-29'],
    ['an instant, in UTC', 'trialEnds', '2026-12-06T09:00:00+01:00', '2026-12-06T08:00:00.000Z'],
    ['a birthday: day and month alone', 'birthday', '1990-12-06', '--12-06'],
    ['a birthday by another name', 'date_of_birth', '2000-02-29', '--02-29'],
    ['a birthday as an instant', 'birthDate', '1990-12-06T00:00:00Z', '--12-06'],
    ['a birthday without a year', 'birthday', '--12-06', '--12-06'],
  ])('%s', (_what, name, value, fact) => {
    expect(readDateFact(name, value)).toBe(fact)
  })

  test.each([
    ['30 February', 'trialEnds', '2026-02-30'],
    ['29 February of a common year', 'trialEnds', '2026-02-29'],
    ['month 13', 'trialEnds', '2026-13-01'],
    ['a date as people write it', 'trialEnds', '6/12/2026'],
    ['a local time without an offset', 'trialEnds', '2026-12-06T09:00:00'],
    ['an instant with a zone behind it', 'trialEnds', '2026-12-06T09:00:00Z[Europe/Madrid]'],
    ['an instant on a day that is not', 'trialEnds', '2026-02-30T09:00:00Z'],
    ['an instant beyond the year 9999 in UTC', 'trialEnds', '9999-12-31T23:59:59-12:00'],
    ['a day and month of what is no birthday', 'trialEnds', '--12-06'],
    ['a day and month that are not', 'birthday', '--02-30'],
    ['a number', 'trialEnds', 20_261_206],
    ['nothing', 'trialEnds', undefined],
    ['null', 'trialEnds', null],
    ['an empty text', 'trialEnds', ''],
  ])('%s is as missing', (_what, name, value) => {
    expect(readDateFact(name, value)).toBeNull()
  })
})

describe('a date that comes once', () => {
  test.each([
    ['at 09:00 of that day', {}, 'Europe/Madrid', '2026-12-06T08:00:00.000Z'],
    ['at its own time of day', { at: '18:30' }, 'Asia/Tokyo', '2026-12-06T09:30:00.000Z'],
    ['a week before', { offset: '-P7D' }, 'Europe/Madrid', '2026-11-29T08:00:00.000Z'],
    ['a month after', { offset: 'P1M' }, 'Europe/Madrid', '2027-01-06T08:00:00.000Z'],
    ['two hours before 09:00', { offset: '-PT2H' }, 'UTC', '2026-12-06T07:00:00.000Z'],
    ['in Kathmandu', {}, 'Asia/Kathmandu', '2026-12-06T03:15:00.000Z'],
  ])('%s', (_what, rule, zone, instant) => {
    expect(due('2026-12-06', rule, zone, '2026-01-01T00:00:00Z')).toBe(instant)
  })

  test('has passed at its instant and after it', () => {
    expect(due('2026-12-06', {}, 'UTC', '2026-12-06T08:59:59.999Z')).not.toBeNull()
    expect(due('2026-12-06', {}, 'UTC', '2026-12-06T09:00:00Z')).toBeNull()
    expect(due('2026-12-06', {}, 'UTC', '2030-01-01T00:00:00Z')).toBeNull()
  })

  test('an offset is counted on the calendar, over a change of clocks too', () => {
    // Clocks in Madrid are put forward on 29 March 2026.
    const rule = { offset: '-P1D' }
    expect(due('2026-03-30', rule, 'Europe/Madrid', '2026-01-01T00:00:00Z')).toBe(
      '2026-03-29T07:00:00.000Z',
    )
    expect(due('2026-03-29', rule, 'Europe/Madrid', '2026-01-01T00:00:00Z')).toBe(
      '2026-03-28T08:00:00.000Z',
    )
  })

  test('a time that a change of clocks skips moves on by the gap, of one that comes twice the first is taken', () => {
    const at = '02:30'
    expect(due('2026-03-29', { at }, 'Europe/Madrid', '2026-01-01T00:00:00Z')).toBe(
      '2026-03-29T01:30:00.000Z',
    )
    expect(due('2026-10-25', { at }, 'Europe/Madrid', '2026-01-01T00:00:00Z')).toBe(
      '2026-10-25T00:30:00.000Z',
    )
  })

  test('the second day of a gap is not moved by it', () => {
    const rule = { at: '02:30', offset: 'P1D' }
    expect(due('2026-03-29', rule, 'Europe/Madrid', '2026-01-01T00:00:00Z')).toBe(
      '2026-03-30T00:30:00.000Z',
    )
  })

  test('an instant keeps its time of day, but for another "at"', () => {
    const fact = '2026-12-06T17:45:30.000Z'
    const after = '2026-01-01T00:00:00Z'
    expect(due(fact, {}, 'Asia/Tokyo', after)).toBe(fact)
    expect(due(fact, { offset: '-P1D' }, 'Asia/Tokyo', after)).toBe('2026-12-05T17:45:30.000Z')
    // In Tokyo it is 7 December already.
    expect(due(fact, { at: '09:00' }, 'Asia/Tokyo', after)).toBe('2026-12-07T00:00:00.000Z')
  })

  test('a day and month alone say nothing that comes once', () => {
    expect(due('--12-06', {}, 'UTC', '2026-01-01T00:00:00Z')).toBeNull()
  })
})

describe('a date that comes every year', () => {
  const yearly = (fact: string, rule: Partial<DateRule>, zone: string, after: string) =>
    due(fact, { yearly: true, ...rule }, zone, after)

  test('is the next one after the instant, strictly', () => {
    expect(yearly('--12-06', {}, 'UTC', '2026-12-06T08:59:59Z')).toBe('2026-12-06T09:00:00.000Z')
    expect(yearly('--12-06', {}, 'UTC', '2026-12-06T09:00:00Z')).toBe('2027-12-06T09:00:00.000Z')
    expect(yearly('1990-12-06', {}, 'UTC', '2026-12-07T00:00:00Z')).toBe('2027-12-06T09:00:00.000Z')
  })

  test('29 February is 28 February in other years', () => {
    expect(yearly('--02-29', {}, 'UTC', '2026-01-01T00:00:00Z')).toBe('2026-02-28T09:00:00.000Z')
    expect(yearly('--02-29', {}, 'UTC', '2027-06-01T00:00:00Z')).toBe('2028-02-29T09:00:00.000Z')
    expect(yearly('2020-02-29', {}, 'UTC', '2028-06-01T00:00:00Z')).toBe('2029-02-28T09:00:00.000Z')
  })

  test('an offset may lead into another year', () => {
    const rule = { offset: '-P7D' }
    expect(yearly('--01-03', rule, 'UTC', '2026-06-01T00:00:00Z')).toBe('2026-12-27T09:00:00.000Z')
    expect(yearly('--12-30', { offset: 'P7D' }, 'UTC', '2026-06-01T00:00:00Z')).toBe(
      '2027-01-06T09:00:00.000Z',
    )
  })

  test('does not begin before the year that the date names', () => {
    expect(yearly('2030-05-01', {}, 'UTC', '2026-06-01T00:00:00Z')).toBe('2030-05-01T09:00:00.000Z')
  })

  test('of an instant keeps its time of day', () => {
    expect(yearly('2020-07-06T10:20:00.000Z', {}, 'Europe/Madrid', '2026-12-01T00:00:00Z')).toBe(
      '2027-07-06T10:20:00.000Z',
    )
  })

  test('has the day itself as its date, whatever the offset', () => {
    const rule = { date: 'birthday', offset: '-P7D', yearly: true } as const
    const found = dateInstant('--01-03', rule, 'UTC', Date.parse('2026-06-01T00:00:00Z'))
    expect(found).toMatchObject({ date: '2027-01-03', id: '2027-01-03' })
  })

  test('has one id in all zones', () => {
    const rule = { date: 'd', yearly: true } as const
    const after = Date.parse('2026-06-01T00:00:00Z')
    const ids = ['Asia/Tokyo', 'Europe/Madrid', 'America/Los_Angeles'].map(
      (zone) => dateInstant('2020-12-31T20:00:00.000Z', rule, zone, after)?.id,
    )
    expect(ids).toEqual(Array(3).fill('2026-12-31T20:00:00.000Z'))
  })
})

test('a rule that the checker refuses is a definition error, not a crash', () => {
  const at = (rule: Partial<DateRule>) => () =>
    due('2026-12-06', rule, 'UTC', '2026-01-01T00:00:00Z')
  expect(at({ at: '25:00' })).toThrow(DefinitionError)
  expect(at({ offset: 'soon' })).toThrow(DefinitionError)
})

test('what is due always lies ahead, follows without a gap, and comes once a year', () => {
  const day = fc.integer({ min: 0, max: 364 }).map((days) => {
    const date = new Date(Date.UTC(2023, 0, 1 + days)).toISOString()
    return `-${date.slice(4, 10)}`
  })
  const zone = fc.constantFrom('UTC', 'Europe/Madrid', 'Australia/Lord_Howe', 'Pacific/Kiritimati')
  const offset = fc.constantFrom(undefined, '-P7D', 'P1M', '-P14M', 'P3Y', 'PT5H')
  const after = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2090, 0, 1) })
  fc.assert(
    fc.property(day, zone, offset, after, (fact, inZone, by, afterMs) => {
      const rule = {
        date: 'birthday',
        yearly: true,
        ...(by === undefined ? {} : { offset: by }),
      } as const
      const first = dateInstant(fact, rule, inZone, afterMs)!
      const second = dateInstant(fact, rule, inZone, first.atMs)!
      const between = dateInstant(fact, rule, inZone, first.atMs - 1)!
      const days = (second.atMs - first.atMs) / 86_400_000
      return (
        first.atMs > afterMs &&
        first.atMs - afterMs < 370 * 86_400_000 &&
        between.id === first.id &&
        days > 360 &&
        days < 370
      )
    }),
  )
})
