import { describe, expect, test } from 'vitest'
import { silenceOf } from './silence.ts'

const at = (text: string): number => Date.parse(text)
const SEEN = {
  days: ['2026-11-20', '2026-11-21', '2026-11-23'],
  lastSeenAtMs: at('2026-11-23T18:00:00Z'),
}
const judge = (now: string, more: Partial<Parameters<typeof silenceOf>[0]> = {}) =>
  silenceOf({ ...SEEN, expectedEvery: null, knownSinceMs: null, ...more }, at(now))

describe('without a word of its owner', () => {
  test('a touchpoint is silent after three times the longest gap between days with events', () => {
    const usual = { usualGapDays: 1.5, silentAfter: 'P6D' }
    expect(judge('2026-11-29T18:00:00Z')).toEqual({ ...usual, silentSinceMs: null })
    expect(judge('2026-11-29T18:00:01Z')).toEqual({ ...usual, silentSinceMs: SEEN.lastSeenAtMs })
  })

  test('only the 28 days up to the last event count', () => {
    const days = ['2026-08-01', '2026-10-25', ...SEEN.days]
    expect(judge('2026-12-20T00:00:00Z', { days }).silentAfter).toBe('P6D')
    expect(judge('2026-12-20T00:00:00Z', { days: ['2026-10-26', ...SEEN.days] })).toMatchObject({
      silentAfter: 'P75D',
      silentSinceMs: null,
    })
  })

  test('nobody can say so of one that has not come back yet', () => {
    for (const days of [['2026-11-23'], ['2026-11-22', '2026-11-23']])
      expect(judge('2027-11-23T00:00:00Z', { days })).toMatchObject({
        silentAfter: null,
        silentSinceMs: null,
      })
  })
})

describe('with a word of its owner', () => {
  test('it alone holds: shorter than the past, or longer', () => {
    const hourly = { expectedEvery: 'PT1H' }
    expect(judge('2026-11-23T19:00:00Z', hourly).silentSinceMs).toBeNull()
    expect(judge('2026-11-23T19:00:01Z', hourly)).toEqual({
      usualGapDays: 1.5,
      silentAfter: 'PT1H',
      silentSinceMs: SEEN.lastSeenAtMs,
    })
    expect(judge('2026-12-20T00:00:00Z', { expectedEvery: 'P30D' }).silentSinceMs).toBeNull()
  })

  test('one that never came is silent since it was told of', () => {
    const never = {
      days: [],
      lastSeenAtMs: null,
      expectedEvery: 'P1D',
      knownSinceMs: at('2026-11-01T00:00:00Z'),
    }
    expect(judge('2026-11-01T12:00:00Z', never).silentSinceMs).toBeNull()
    expect(judge('2026-11-02T12:00:00Z', never)).toEqual({
      usualGapDays: null,
      silentAfter: 'P1D',
      silentSinceMs: never.knownSinceMs,
    })
    expect(judge('2027-01-01T00:00:00Z', { ...never, expectedEvery: null })).toEqual({
      usualGapDays: null,
      silentAfter: null,
      silentSinceMs: null,
    })
  })
})
