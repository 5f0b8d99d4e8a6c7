import { describe, expect, test } from 'vitest'
import { answerOf, concludeCall, statusOf, type CallReply } from './call-answer.ts'

const NOW = Date.parse('2026-12-01T10:00:00Z')
const MINUTE_MS = 60_000
const shape = { status: true, body: { score: true } } as const

const conclude = (reply: Partial<CallReply>, attempt = 1, giveUpAtMs = NOW + 60 * MINUTE_MS) =>
  concludeCall(
    { status: 200, reason: 'code', ...reply },
    { attempt, nowMs: NOW, giveUpAtMs, shape },
  )

describe('concludeCall', () => {
  test('success is answered, with what the version names', () => {
    expect(conclude({ body: { score: 7, secret: 1 } })).toEqual({
      type: 'answered',
      atMs: NOW,
      answer: { status: 200, body: { score: 7 } },
    })
  })

  test.each([301, 400, 404, 410])('%i is refused, with its answer', (status) => {
    expect(conclude({ status, body: { score: 0 } })).toEqual({
      type: 'refused',
      reason: 'code',
      answer: { status, body: { score: 0 } },
    })
  })

  test.each([408, 425, 429, 500, 503, null])('%s is tried again', (status) => {
    expect(conclude({ status })).toEqual({
      type: 'retryAt',
      atMs: NOW + MINUTE_MS,
      reason: 'code',
    })
  })

  test('later tries wait longer, and longer still where the receiver says so', () => {
    expect(conclude({ status: 503 }, 3)).toMatchObject({ atMs: NOW + 15 * MINUTE_MS })
    expect(conclude({ status: 503, afterMs: 30 * MINUTE_MS })).toMatchObject({
      atMs: NOW + 30 * MINUTE_MS,
    })
  })

  test('what could only be tried too late is given up, with the answer if there is one', () => {
    expect(conclude({ status: 503 }, 4, NOW + 59 * MINUTE_MS)).toEqual({
      type: 'refused',
      reason: 'gave_up: code',
      answer: { status: 503 },
    })
    expect(conclude({ status: null }, 1, NOW)).toEqual({
      type: 'refused',
      reason: 'gave_up: code',
      answer: null,
    })
  })
})

describe('answerOf', () => {
  test('keeps positions in lists', () => {
    const named = { body: { offers: { price: true } } } as const
    expect(answerOf(200, { offers: [{ price: 1, x: 2 }, { x: 3 }] }, named)).toEqual({
      status: 200,
      body: { offers: [{ price: 1 }, {}] },
    })
  })

  test('a body that is a list, or nothing of which is named, or no JSON', () => {
    expect(answerOf(200, [{ score: 1 }, {}], shape)).toEqual({
      status: 200,
      body: [{ score: 1 }, {}],
    })
    expect(answerOf(200, { score: 1 }, {})).toEqual({ status: 200 })
    expect(answerOf(200, undefined, shape)).toEqual({ status: 200 })
    expect(answerOf(200, 'ok', shape)).toEqual({ status: 200 })
  })

  test('never keeps personal data, however deep it is and whatever is named', () => {
    const body = {
      email: 'a@b.c',
      contact: { phone: '1', city: 'Oslo', name: 'Tea' },
      list: [{ zip: 1 }],
    }
    expect(answerOf(200, body, { body: true })).toEqual({
      status: 200,
      body: { contact: { city: 'Oslo', name: 'Tea' }, list: [{}] },
    })
    expect(answerOf(200, { name: 'Ada' }, { body: true })).toEqual({ status: 200, body: {} })
  })

  test('leaves out a body of which too much is named', () => {
    expect(answerOf(200, { score: 'x'.repeat(20_000) }, shape)).toEqual({ status: 200 })
  })
})

test('the status of an answer', () => {
  expect(statusOf({ status: 204 })).toBe(204)
  for (const none of [null, [], 'x', { status: 'ok' }]) expect(statusOf(none)).toBeNull()
})
