import { describe, expect, test } from 'vitest'
import { createCustomerClock, leapTo } from './customer-clock.ts'

test('a clock goes on from where an answer said that it stands', () => {
  let realMs = 1_000
  const clock = createCustomerClock('2026-12-07T00:00:00.000Z', () => realMs)
  realMs += 250
  expect(clock.nowMs()).toBe(Date.parse('2026-12-07T00:00:00.250Z'))
  clock.set('2026-12-10T09:00:00.000Z')
  realMs += 5
  expect(clock.nowMs()).toBe(Date.parse('2026-12-10T09:00:00.005Z'))
})

describe('leapTo', () => {
  test.each([
    [1, 'PT0.001S'],
    [1_500, 'PT1.500S'],
    [3 * 86_400_000 + 7, 'PT259200.007S'],
    // Rather an instant late than early: what is due at the target must have happened.
    [0.2, 'PT0.001S'],
  ])('%d ms ahead is %s', (ms, by) => expect(leapTo(ms, 0)).toBe(by))

  test('there is no leap to an instant that has come', () => {
    expect(leapTo(5, 5)).toBeNull()
    expect(leapTo(5, 6)).toBeNull()
  })
})
