import { describe, expect, test } from 'vitest'
import { rampAfter, releaseNow, type Ramp } from './ramp.ts'

const BEGAN_MS = Date.parse('2026-03-02T09:00:00Z')
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** How many go out until then, asked whenever the ramp says. */
function released(ramp: Ramp, forMs: number): number {
  let spentMs = BEGAN_MS
  let sum = 0
  for (let nowMs = BEGAN_MS; nowMs <= BEGAN_MS + forMs;) {
    const { count, ...next } = releaseNow({ ramp, spentMs }, { beganMs: BEGAN_MS, nowMs })
    sum += count
    spentMs = next.spentMs
    nowMs += next.nextInMs
  }
  return sum
}

describe('where a ramp begins', () => {
  const curve = [50, 100, 500, 1_000]

  test.each([
    [0, curve],
    [70, curve],
    [499, [100, 500, 1_000]],
    [500, [500, 1_000]],
    [90_000, [1_000]],
  ])('%i sent a day before the stop: on the curve at %j', (perDay, rest) => {
    expect(rampAfter({ perDay, perHour: 0 }, curve)).toEqual({ type: 'perDay', perDay: rest })
  })

  test('without a curve at a tenth of what was sent an hour, and not below one a second', () => {
    const of = (perHour: number) => rampAfter({ perDay: 0, perHour }, undefined)
    expect(of(72_000)).toEqual({ type: 'doubling', from: 2, to: 20 })
    expect(of(7_200)).toEqual({ type: 'doubling', from: 1, to: 2 })
    expect(of(0)).toEqual({ type: 'doubling', from: 1, to: 1 })
  })
})

describe('what a ramp lets go', () => {
  test('a fixed rate, neither more nor, over time, less', () => {
    expect(released({ type: 'perSecond', perSecond: 7 }, 10 * MINUTE_MS)).toBe(7 * 600)
    expect(released({ type: 'perSecond', perSecond: 0.05 }, 10 * MINUTE_MS)).toBe(30)
  })

  test('on a curve each day its number', () => {
    const ramp: Ramp = { type: 'perDay', perDay: [48, 96] }
    expect(released(ramp, DAY_MS - 1)).toBe(47)
    expect(released(ramp, 2 * DAY_MS - 1)).toBe(48 + 95)
  })

  test('after the last day of a curve everything, as fast as the log takes it', () => {
    const at = { beganMs: BEGAN_MS, nowMs: BEGAN_MS + DAY_MS }
    const ramp: Ramp = { type: 'perDay', perDay: [10] }
    expect(releaseNow({ ramp, spentMs: at.nowMs }, at)).toMatchObject({
      count: 500,
      nextInMs: 1_000,
    })
  })

  test('twice as fast every ten minutes, up to what was usual', () => {
    const ramp: Ramp = { type: 'doubling', from: 1, to: 3 }
    expect(released(ramp, 10 * MINUTE_MS - 1)).toBe(599)
    const later = released(ramp, 30 * MINUTE_MS - 1)
    expect(later).toBeGreaterThanOrEqual(600 * (1 + 2 + 3) - 3)
    expect(later).toBeLessThanOrEqual(600 * (1 + 2 + 3))
  })

  test('what was not released while everything was down is not made up for at once', () => {
    const ramp: Ramp = { type: 'perSecond', perSecond: 10 }
    const at = { beganMs: BEGAN_MS, nowMs: BEGAN_MS + DAY_MS }
    expect(releaseNow({ ramp, spentMs: BEGAN_MS }, at).count).toBe(50)
  })

  test('a slow one is left alone for a minute at most', () => {
    const at = { beganMs: BEGAN_MS, nowMs: BEGAN_MS }
    const ramp: Ramp = { type: 'perSecond', perSecond: 0.001 }
    expect(releaseNow({ ramp, spentMs: BEGAN_MS }, at)).toMatchObject({
      count: 0,
      nextInMs: 60_000,
    })
  })
})
