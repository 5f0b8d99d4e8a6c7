import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DefinitionError } from './errors.ts'
import {
  addDuration,
  durationMs,
  formatInstant,
  instantFromIso,
  isZone,
  nextLocalTime,
  parseDurationProblem,
  toIso,
  wallClock,
} from './time.ts'

const ms = (iso: string) => Date.parse(iso)

describe('addDuration', () => {
  test.each([
    ['a day in UTC', '2026-03-28T12:00:00Z', 'P1D', undefined, '2026-03-29T12:00:00Z'],
    [
      'a day over the loss of an hour',
      '2026-03-28T12:00:00+01:00',
      'P1D',
      'Europe/Madrid',
      '2026-03-29T12:00:00+02:00',
    ],
    [
      '24 hours over the loss of an hour',
      '2026-03-28T12:00:00+01:00',
      'PT24H',
      'Europe/Madrid',
      '2026-03-29T13:00:00+02:00',
    ],
    [
      'a day over the gain of an hour',
      '2026-10-24T12:00:00+02:00',
      'P1D',
      'Europe/Madrid',
      '2026-10-25T12:00:00+01:00',
    ],
    [
      '24 hours over the gain of an hour',
      '2026-10-24T12:00:00+02:00',
      'PT24H',
      'Europe/Madrid',
      '2026-10-25T11:00:00+01:00',
    ],
    [
      'a wall time that does not exist',
      '2026-03-28T02:30:00+01:00',
      'P1D',
      'Europe/Madrid',
      '2026-03-29T03:30:00+02:00',
    ],
    [
      'a wall time that comes twice',
      '2026-10-24T02:30:00+02:00',
      'P1D',
      'Europe/Madrid',
      '2026-10-25T02:30:00+02:00',
    ],
    [
      'days first, then hours',
      '2026-03-28T12:00:00+01:00',
      'P1DT12H',
      'Europe/Madrid',
      '2026-03-30T00:00:00+02:00',
    ],
    ['a month that is shorter', '2026-01-31T09:00:00Z', 'P1M', 'UTC', '2026-02-28T09:00:00Z'],
    ['a leap year', '2028-02-28T09:00:00Z', 'P1D', 'UTC', '2028-02-29T09:00:00Z'],
    [
      'two weeks in a zone of half hours',
      '2026-03-30T09:00:00+11:00',
      'P2W',
      'Australia/Lord_Howe',
      '2026-04-13T09:00:00+10:30',
    ],
    [
      'a day that a zone skipped',
      '2011-12-29T09:00:00-10:00',
      'P1D',
      'Pacific/Apia',
      '2011-12-31T09:00:00+14:00',
    ],
    ['half an hour by fraction', '2026-01-01T00:00:00Z', 'PT0.5H', 'UTC', '2026-01-01T00:30:00Z'],
  ])('%s', (_, from, duration, zone, to) => {
    expect(toIso(addDuration(ms(from), duration, zone))).toBe(toIso(ms(to)))
  })

  test('refuses what the checker refuses', () => {
    expect(() => addDuration(0, 'tomorrow')).toThrow(DefinitionError)
    expect(() => addDuration(0, '-P1D')).toThrow(DefinitionError)
  })
})

describe('durationMs', () => {
  test.each([
    ['PT1S', 1_000],
    ['PT90M', 5_400_000],
    ['P1D', 86_400_000],
    ['P1W', 7 * 86_400_000],
    ['P1M', 30 * 86_400_000],
    ['P1Y', 365 * 86_400_000],
    ['P1DT1H', 90_000_000],
    ['PT0.001S', 1],
  ])('%s is %d ms', (duration, expected) => {
    expect(durationMs(duration)).toBe(expected)
  })

  test('goes on parsing rightly when the memo is full', () => {
    for (let seconds = 1; seconds < 1_000; seconds++)
      expect(durationMs(`PT${seconds}S`)).toBe(seconds * 1_000)
    expect(durationMs('PT1S')).toBe(1_000)
  })
})

describe('parseDurationProblem', () => {
  test.each(['P3D', 'PT2H', 'P1Y2M3W4DT5H6M7S', 'P14D', 'P100Y'])('%s may be used', (text) => {
    expect(parseDurationProblem(text)).toBeNull()
  })

  test.each([
    ['', 'not an ISO 8601 duration'],
    ['3d', 'not an ISO 8601 duration'],
    ['P', 'not an ISO 8601 duration'],
    ['PT', 'not an ISO 8601 duration'],
    ['P1.5D', 'not an ISO 8601 duration'],
    ['P1D ', 'not an ISO 8601 duration'],
    [`PT${'1'.repeat(1_000_000)}S`, 'not an ISO 8601 duration'],
    ['P0D', 'no time at all'],
    ['PT0.0001S', 'no time at all'],
    ['-P1D', 'negative'],
    ['P101Y', 'longer than 100 years'],
    ['PT9007199254740991S', 'longer than 100 years'],
  ])('%.30s: %s', (text, problem) => {
    expect(parseDurationProblem(text)).toContain(problem)
  })

  test('whatever it accepts can be added and measured', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.record({ d: fc.integer({ min: -3, max: 99_999 }), h: fc.integer({ min: 0, max: 99 }) }),
        (noise, { d, h }) => {
          for (const text of [noise, `P${d}DT${h}H`]) {
            if (parseDurationProblem(text) !== null) continue
            expect(durationMs(text)).toBeGreaterThan(0)
            expect(addDuration(0, text, 'Europe/Madrid')).toBeGreaterThan(0)
          }
        },
      ),
    )
  })
})

describe('nextLocalTime', () => {
  test.each([
    ['later today', '2026-12-06T08:59:59Z', '09:00', 'UTC', '2026-12-06T09:00:00Z'],
    ['this very instant', '2026-12-06T09:00:00Z', '09:00', 'UTC', '2026-12-06T09:00:00Z'],
    ['tomorrow', '2026-12-06T09:00:00.001Z', '09:00', 'UTC', '2026-12-07T09:00:00Z'],
    [
      'Tokyo, no clock change',
      '2026-06-01T00:30:00Z',
      '09:00',
      'Asia/Tokyo',
      '2026-06-02T09:00:00+09:00',
    ],
    [
      'Los Angeles, day of the gap',
      '2026-03-08T01:00:00-08:00',
      '09:00',
      'America/Los_Angeles',
      '2026-03-08T09:00:00-07:00',
    ],
    [
      'Los Angeles, inside the gap',
      '2026-03-08T01:00:00-08:00',
      '02:30',
      'America/Los_Angeles',
      '2026-03-08T03:30:00-07:00',
    ],
    [
      'Los Angeles, day of the fold',
      '2026-11-01T00:30:00-07:00',
      '09:00',
      'America/Los_Angeles',
      '2026-11-01T09:00:00-08:00',
    ],
    [
      'Los Angeles, first of the fold',
      '2026-11-01T00:30:00-07:00',
      '01:30',
      'America/Los_Angeles',
      '2026-11-01T01:30:00-07:00',
    ],
    [
      'Los Angeles, once a date: not the second of the fold',
      '2026-11-01T01:45:00-07:00',
      '01:30',
      'America/Los_Angeles',
      '2026-11-02T01:30:00-08:00',
    ],
    [
      'Madrid, before the gap',
      '2026-03-28T23:00:00+01:00',
      '02:30',
      'Europe/Madrid',
      '2026-03-29T03:30:00+02:00',
    ],
    [
      'Madrid, the edge of the gap',
      '2026-03-29T00:00:00+01:00',
      '02:00',
      'Europe/Madrid',
      '2026-03-29T03:00:00+02:00',
    ],
    [
      'Madrid, just after the gap',
      '2026-03-29T03:10:00+02:00',
      '02:30',
      'Europe/Madrid',
      '2026-03-29T03:30:00+02:00',
    ],
    [
      'Madrid, the fold',
      '2026-10-25T00:00:00+02:00',
      '02:30',
      'Europe/Madrid',
      '2026-10-25T02:30:00+02:00',
    ],
    [
      'Madrid, the day after the fold',
      '2026-10-25T12:00:00+01:00',
      '09:00',
      'Europe/Madrid',
      '2026-10-26T09:00:00+01:00',
    ],
    [
      'Kathmandu, 45 minutes',
      '2026-12-06T03:00:00Z',
      '09:00',
      'Asia/Kathmandu',
      '2026-12-06T09:00:00+05:45',
    ],
    [
      'Lord Howe, half-hour gap',
      '2026-10-03T23:00:00+10:30',
      '02:15',
      'Australia/Lord_Howe',
      '2026-10-04T02:45:00+11:00',
    ],
    [
      'Lord Howe, half-hour fold',
      '2026-04-05T00:00:00+11:00',
      '01:45',
      'Australia/Lord_Howe',
      '2026-04-05T01:45:00+11:00',
    ],
    [
      'Apia, the day that was skipped',
      '2011-12-29T10:00:00-10:00',
      '09:00',
      'Pacific/Apia',
      '2011-12-31T09:00:00+14:00',
    ],
    [
      'Kiritimati, a day ahead of UTC',
      '2026-12-05T20:00:00Z',
      '09:00',
      'Pacific/Kiritimati',
      '2026-12-07T09:00:00+14:00',
    ],
    [
      'midnight',
      '2026-12-06T12:00:00+01:00',
      '00:00',
      'Europe/Madrid',
      '2026-12-07T00:00:00+01:00',
    ],
    [
      'a midnight that does not exist',
      '2026-09-05T12:00:00-04:00',
      '00:00',
      'America/Santiago',
      '2026-09-06T01:00:00-03:00',
    ],
  ])('%s', (_, from, time, zone, to) => {
    expect(toIso(nextLocalTime(ms(from), time, zone))).toBe(toIso(ms(to)))
  })

  test('is never before, and at most one skipped day and an hour after', () => {
    const zones = [
      'UTC',
      'Europe/Madrid',
      'America/Los_Angeles',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    ]
    fc.assert(
      fc.property(
        fc.integer({ min: ms('2011-12-01T00:00:00Z'), max: ms('2031-01-01T00:00:00Z') }),
        fc.integer({ min: 0, max: 1439 }),
        fc.constantFrom(...zones),
        (atMs, minute, zone) => {
          const pad = (n: number) => String(n).padStart(2, '0')
          const time = `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`
          const next = nextLocalTime(atMs, time, zone)
          expect(next).toBeGreaterThanOrEqual(atMs)
          expect(next - atMs).toBeLessThanOrEqual(25 * 3_600_000)
          expect(nextLocalTime(next, time, zone)).toBe(next)
        },
      ),
    )
  })

  test.each(['9:00', '24:00', '09:60', '09:00:00', ''])('refuses %s', (time) => {
    expect(() => nextLocalTime(0, time, 'UTC')).toThrow(DefinitionError)
  })
})

describe('isZone', () => {
  test.each([
    'UTC',
    'Europe/Madrid',
    'Asia/Kathmandu',
    'America/Argentina/Buenos_Aires',
    'Etc/GMT+5',
  ])('knows %s', (zone) => expect(isZone(zone)).toBe(true))
  test.each([
    '',
    'Madrid',
    'Europe/Nowhere',
    '+02:00',
    '2026-01-01T00:00[Europe/Madrid]',
    '__proto__',
  ])('does not know "%s"', (zone) => expect(isZone(zone)).toBe(false))
})

test('toIso has milliseconds, and instantFromIso reads it back', () => {
  expect(toIso(ms('2026-12-06T08:00:00Z'))).toBe('2026-12-06T08:00:00.000Z')
  fc.assert(
    fc.property(fc.integer({ min: -8e14, max: 8e14 }), (n) => instantFromIso(toIso(n)) === n),
  )
})

test.each(['', '2026-12-06', '2026-12-06T08:00:00', 'Tue Mar 01 2022', '2026-13-01T00:00:00Z'])(
  'instantFromIso takes no "%s"',
  (text) => expect(instantFromIso(text)).toBeNull(),
)

test('formatInstant reads like a clock on the wall there', () => {
  expect(formatInstant(ms('2026-12-06T08:00:00Z'), 'Europe/Madrid')).toBe(
    '2026-12-06 09:00 Europe/Madrid',
  )
  expect(formatInstant(ms('2026-12-06T08:00:59.999Z'), 'UTC')).toBe('2026-12-06 08:00 UTC')
})

test('wallClock counts days of the week from Monday', () => {
  expect(wallClock(ms('2026-12-06T23:30:00Z'), 'Europe/Madrid')).toMatchObject({
    year: 2026,
    month: 12,
    day: 7,
    dayOfWeek: 1,
    dayOfYear: 341,
    hour: 0,
    minute: 30,
  })
})
