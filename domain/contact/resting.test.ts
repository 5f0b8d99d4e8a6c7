import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContactRules, QuietHours } from './policy.ts'
import { restOf } from './resting.ts'
import { wallClock } from '../time.ts'

const NIGHT: QuietHours = { from: '22:00', until: '08:00', spread: 'PT1S' }

type Asked = Parameters<typeof restOf>[0]
type Rules = Parameters<typeof restOf>[1]

function rest(
  at: string | number,
  facts: Partial<Asked>,
  rules: Partial<ContactRules> = { quietHours: [NIGHT] },
): string {
  const asked: Asked = {
    class: 'marketing',
    channel: 'email',
    zone: 'UTC',
    sendWindow: undefined,
    spreadKey: 'k',
    ...facts,
  }
  const all: Rules = { quietHours: [], sendWindows: [], ...rules }
  const found = restOf(asked, all, typeof at === 'number' ? at : Date.parse(at))
  if (found === null) return 'free'
  const until =
    found.untilMs === null ? 'never' : new Date(found.untilMs).toISOString().slice(0, 16)
  return `${found.reason} ${until}`
}

describe('quiet hours', () => {
  test.each([
    ['2026-12-02T21:59:59Z', 'free'],
    ['2026-12-02T22:00:00Z', 'quiet_hours 2026-12-03T08:00'],
    ['2026-12-03T07:59:59Z', 'quiet_hours 2026-12-03T08:00'],
    ['2026-12-03T08:00:00Z', 'free'],
  ])('reach to the next morning: %s', (at, expected) => {
    expect(rest(at, {})).toBe(expected)
  })

  // What the clock of each place shows at these instants is what counts.
  test.each([
    // Forward: 02:00 is 03:00. The night is an hour shorter.
    ['Europe/Madrid', '2026-03-29T00:30:00Z', 'quiet_hours 2026-03-29T06:00'],
    ['Europe/Madrid', '2026-03-29T06:00:00Z', 'free'],
    // Back: 03:00 is 02:00. The night is an hour longer.
    ['Europe/Madrid', '2026-10-25T06:30:00Z', 'quiet_hours 2026-10-25T07:00'],
    ['Europe/Madrid', '2026-10-24T19:59:00Z', 'free'],
    // Half an hour: +10:30 to +11.
    ['Australia/Lord_Howe', '2026-10-03T20:59:00Z', 'quiet_hours 2026-10-03T21:00'],
    ['Australia/Lord_Howe', '2026-10-02T21:29:00Z', 'quiet_hours 2026-10-02T21:30'],
    ['Australia/Lord_Howe', '2026-10-03T21:00:00Z', 'free'],
    // +05:45, the whole year.
    ['Asia/Kathmandu', '2026-10-25T16:14:00Z', 'free'],
    ['Asia/Kathmandu', '2026-10-25T16:15:00Z', 'quiet_hours 2026-10-26T02:15'],
    ['America/Los_Angeles', '2026-11-01T15:59:00Z', 'quiet_hours 2026-11-01T16:00'],
    ['America/Los_Angeles', '2026-03-08T14:59:00Z', 'quiet_hours 2026-03-08T15:00'],
  ])('on a clock change day in %s, at %s', (zone, at, expected) => {
    expect(rest(at, { zone })).toBe(expected)
  })

  test('that end at a time that comes twice end when it comes the second time', () => {
    const quietHours = [{ ...NIGHT, until: '02:30' }]
    const inMadrid = { zone: 'Europe/Madrid' }
    expect(rest('2026-10-25T00:45:00Z', inMadrid, { quietHours })).toBe(
      'quiet_hours 2026-10-25T01:30',
    )
  })

  test('that end at a time that is skipped end as much later', () => {
    const quietHours = [{ ...NIGHT, until: '02:30' }]
    expect(rest('2026-03-29T00:45:00Z', { zone: 'Europe/Madrid' }, { quietHours })).toBe(
      'quiet_hours 2026-03-29T01:30',
    )
  })

  test('begin on their weekdays, and go on into the next day', () => {
    const quietHours: QuietHours[] = [{ ...NIGHT, weekdays: ['friday'] }]
    expect(rest('2026-12-03T23:00:00Z', {}, { quietHours })).toBe('free')
    expect(rest('2026-12-05T07:00:00Z', {}, { quietHours })).toBe('quiet_hours 2026-12-05T08:00')
    expect(rest('2026-12-05T23:00:00Z', {}, { quietHours })).toBe('free')
  })

  test('hold what they are about', () => {
    const quietHours: QuietHours[] = [{ ...NIGHT, classes: ['marketing'], channels: ['email'] }]
    const at = '2026-12-02T23:00:00Z'
    expect(rest(at, { class: 'service' }, { quietHours })).toBe('free')
    expect(rest(at, { channel: 'webhook' }, { quietHours })).toBe('free')
  })

  test('that follow each other are one', () => {
    const quietHours = [NIGHT, { ...NIGHT, from: '08:00', until: '10:00' }]
    expect(rest('2026-12-02T23:00:00Z', {}, { quietHours })).toBe('quiet_hours 2026-12-03T10:00')
  })
})

describe('where nobody knows the clock', () => {
  test.each([
    ['2026-12-02T19:59:00Z', 'free'],
    ['2026-12-02T20:00:00Z', 'quiet_hours 2026-12-03T10:00'],
    ['2026-12-03T10:00:00Z', 'free'],
  ])('quiet hours begin two hours earlier and end two hours later: %s', (at, expected) => {
    expect(rest(at, { zone: null })).toBe(expected)
  })

  test('they are read on the clock of the policy, or are those it gives', () => {
    const zone = 'Europe/Madrid'
    expect(rest('2026-12-02T19:00:00Z', { zone: null }, { zone, quietHours: [NIGHT] })).toBe(
      'quiet_hours 2026-12-03T09:00',
    )
    const strict = { ...NIGHT, unknownZone: { from: '12:00', until: '11:00' } }
    expect(rest('2026-12-02T12:00:00Z', { zone: null }, { quietHours: [strict] })).toBe(
      'quiet_hours 2026-12-03T11:00',
    )
  })

  test('hours that leave no room to be widened stay as they are', () => {
    const long = { ...NIGHT, from: '12:00', until: '09:00' }
    expect(rest('2026-12-02T11:00:00Z', { zone: null }, { quietHours: [long] })).toBe('free')
  })
})

describe('send windows', () => {
  const office = [{ weekdays: ['monday', 'thursday'], from: '09:00', until: '18:00' }] as const

  test.each([
    ['2026-12-03T09:00:00Z', 'free'],
    ['2026-12-03T08:59:59Z', 'send_window 2026-12-03T09:'],
    ['2026-12-03T18:00:00Z', 'send_window 2026-12-07T09:'],
  ])('of the step, without any policy: %s', (at, expected) => {
    expect(rest(at, { sendWindow: office }, {})).toContain(expected)
  })

  test('of step and policy must both be open', () => {
    const sendWindows = [{ windows: [{ from: '17:00', until: '20:00' }] }]
    expect(rest('2026-12-03T10:00:00Z', { sendWindow: office }, { sendWindows })).toMatch(
      /^send_window 2026-12-03T17:/,
    )
  })

  test('that never agree hold until something changes', () => {
    const sendWindows = [{ windows: [{ from: '19:00', until: '20:00' }] }]
    const found = rest('2026-12-03T10:00:00Z', { sendWindow: office }, { sendWindows })
    expect(found).toMatch(/^send_window/)
    expect(rest('2026-12-03T10:00:00Z', { sendWindow: [] }, {})).toBe('send_window never')
  })

  test('that open while it is quiet open in the morning', () => {
    const sendWindow = [{ from: '06:00', until: '12:00' }]
    expect(rest('2026-12-02T20:00:00Z', { sendWindow })).toMatch(/^send_window 2026-12-03T08:/)
  })
})

describe('what waited', () => {
  const quietHours: QuietHours[] = [{ from: '22:00', until: '08:00', spread: 'PT2H' }]

  test('goes out spread over the time after the end, each message at its own instant', () => {
    const places = Array.from({ length: 200 }, (_, n) =>
      rest('2026-12-02T23:00:00Z', { spreadKey: `c${n}.1.1.email` }, { quietHours }),
    )
    const quarters = new Set(places.map((each) => each.slice(0, -1)))
    // 12 stretches of ten minutes.
    expect(quarters.size).toBe(12)
    expect(places).toEqual(
      Array.from({ length: 200 }, (_, n) =>
        rest('2026-12-03T02:00:00Z', { spreadKey: `c${n}.1.1.email` }, { quietHours }),
      ),
    )
  })

  test('never goes out in the next quiet hours, nor after the window', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 0, max: 366 * 24 * 60 }),
        fc.constantFrom('UTC', 'Europe/Madrid', 'Australia/Lord_Howe', 'America/Los_Angeles'),
        (spreadKey, minutes, zone) => {
          const atMs = Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000
          const asked: Asked = {
            class: 'marketing',
            channel: 'email',
            zone,
            spreadKey,
            sendWindow: [{ from: '08:30', until: '09:00' }],
          }
          const rules = {
            quietHours: [...quietHours, { from: '08:50', until: '12:00' }],
            sendWindows: [],
          }
          const untilMs = restOf(asked, rules, atMs)?.untilMs ?? atMs
          expect(restOf(asked, rules, untilMs)).toBeNull()
          const { hour, minute } = wallClock(untilMs, zone)
          expect([hour, minute >= 30 && minute < 50]).toEqual([8, true])
        },
      ),
      { numRuns: 300 },
    )
  })
})
