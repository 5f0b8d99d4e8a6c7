import { expect, test } from 'vitest'
import { RateLimited } from '../errors.ts'
import { createRateLimiter } from './limit-rate.ts'

test('holds each to what it may, however many there are', () => {
  let nowMs = 0
  const take = createRateLimiter(() => nowMs, { perSecond: 1, burst: 2 })
  take('ada')
  take('ada')
  expect(() => take('ada')).toThrow(RateLimited)
  nowMs += 500
  for (let n = 0; n < 10_001; n++) take(`other ${n}`)
  expect(() => take('ada')).toThrow(expect.objectContaining({ retryAfterS: 1 }))
  nowMs += 500
  take('ada')
  expect(() => take('ada')).toThrow(RateLimited)
})
