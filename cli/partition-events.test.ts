import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import { customersOf } from './partition-events.ts'

const event = (userId: string, number: number): RecordedEvent => ({
  userId,
  event: 'Order Completed',
  timestamp: '2026-03-02T10:00:00Z',
  properties: { number, note: `"line"\nof ${userId}` },
})

/** Every customer has one event in each round. */
async function* roundsOf(customers: number, rounds: number): AsyncGenerator<RecordedEvent> {
  for (let round = 0; round < rounds; round++)
    for (let index = 0; index < customers; index++) yield event(`c${index}`, round)
}

test.each([
  ['in one go', {}],
  ['with parts that are parted again', { bytesMax: 2_000 }],
])('gives every customer once, with all events in their order: %s', async (_, options) => {
  const seen = new Map<string, unknown[]>()
  for await (const { userId, events } of customersOf(roundsOf(300, 4), options)) {
    expect(seen.has(userId)).toBe(false)
    seen.set(userId, events)
  }
  expect(seen.size).toBe(300)
  for (const [userId, events] of seen)
    expect(events).toEqual([0, 1, 2, 3].map((round) => event(userId, round)))
})

test('takes a customer who has more than a part holds', async () => {
  const found: number[] = []
  for await (const { events } of customersOf(roundsOf(1, 200), { bytesMax: 100 }))
    found.push(events.length)
  expect(found).toEqual([200])
})

test('leaves no file behind, also when it is left early', async () => {
  const before = folders()
  for await (const customer of customersOf(roundsOf(50, 2))) if (customer.userId !== '') break
  expect(folders()).toEqual(before)
})

const folders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('rumbo-backtest-'))
