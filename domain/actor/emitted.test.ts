import { describe, expect, test } from 'vitest'
import type { Journey } from '../journeys/journey.ts'
import type { Step } from '../journeys/step.ts'
import { publishedTogether, simulate } from '../simulation.ts'
import type { BatchItem } from './inputs.ts'
import { newCustomer } from './new-customer.ts'

const START = Date.parse('2026-12-01T10:00:00Z')

/** Enters on one event and makes another one, first thing. */
const passingOn = (key: string, on: string, emitted: string, more: Record<string, Step> = {}) =>
  ({
    key,
    class: 'service',
    arbitration: { mode: 'auto', value: 10 },
    entry: { on: [{ event: on }], reentry: { mode: 'afterExit' } },
    start: 'emit',
    steps: {
      emit: {
        type: 'emit',
        event: emitted,
        properties: { from: key, twice: { expr: 'entry.properties.amount * 2' } },
        next: 'done',
      },
      done: { type: 'exit' },
      ...more,
    },
  }) satisfies Journey

function play(journeys: readonly Journey[], name: string, properties = {}) {
  const rules = publishedTogether(journeys)
  const customer = { customerId: 'c1', test: false, zone: 'UTC', known: true }
  const item: BatchItem = {
    type: 'event',
    seq: 1,
    name,
    occurredAtMs: START,
    receivedAtMs: START,
    properties,
  }
  const { actor, records } = simulate({
    actor: newCustomer(customer, START),
    rules,
    items: [item],
    untilMs: START + 30 * 86_400_000,
  })
  return {
    actor,
    emitted: records.flatMap((record) => record.emitted ?? []),
    lines: records.flatMap(({ entries }) => entries.map(({ summary }) => summary)),
  }
}

describe('an emit step', () => {
  test('makes an event with values that are written out or computed, named by its visit', () => {
    const { emitted } = play([passingOn('first', 'Began', 'Passed On')], 'Began', { amount: 21 })
    expect(emitted).toEqual([
      {
        emitId: 'c1.1.1.emit',
        name: 'Passed On',
        properties: { from: 'first', twice: 42 },
        atMs: START,
        depth: 1,
        journey: 'first',
        version: 1,
        step: 'emit',
      },
    ])
  })

  test('lets another journey in, which sees its properties', () => {
    const second: Journey = {
      ...passingOn('second', 'Passed On', 'Unheard'),
      entry: { on: [{ event: 'Passed On', when: "event.properties.from == 'first'" }] },
    }
    const { emitted } = play([passingOn('first', 'Began', 'Passed On'), second], 'Began')
    expect(emitted.map(({ name, depth }) => [name, depth])).toEqual([
      ['Passed On', 1],
      ['Unheard', 2],
    ])
  })

  test('journeys that let each other in come to an end, and the timeline says why', () => {
    const { emitted, lines, actor } = play(
      [passingOn('ping', 'Ping', 'Pong'), passingOn('pong', 'Pong', 'Ping')],
      'Ping',
    )
    expect(emitted).toHaveLength(8)
    expect(emitted.at(-1)?.depth).toBe(8)
    expect(lines).toContain('ping@1 · emit: Pong emit_too_deep')
    expect(actor.runs).toEqual([])
  })

  test('so does a run that waits for what it makes itself', () => {
    const looping = passingOn('loop', 'Began', 'Echo', {
      emit: { type: 'emit', event: 'Echo', next: 'listen' },
      listen: { type: 'waitFor', event: 'Echo', within: 'P1D', next: 'emit', onTimeout: 'done' },
    })
    const { emitted, lines } = play([looping], 'Began')
    expect(emitted.map(({ depth }) => depth)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(lines).toContain('loop@1 · emit: Echo emit_too_deep')
    expect(lines.at(-1)).toBe('left loop@1: completed')
  })

  test.each(['x'.repeat(20_000), 'ä'.repeat(9_000)])(
    'an event of more than 32 KB is not made',
    (text) => {
      const { emitted, lines } = play(
        [
          {
            ...passingOn('large', 'Began', 'Passed On'),
            steps: {
              emit: {
                type: 'emit',
                event: 'Passed On',
                properties: { text: { expr: 'entry.properties.text + entry.properties.text' } },
                next: 'done',
              },
              done: { type: 'exit' },
            },
          },
        ],
        'Began',
        { text },
      )
      expect(emitted).toEqual([])
      expect(lines).toContain('large@1 · emit: Passed On emit_too_large')
    },
  )

  test('two journeys that answer each other once a day go on for as long as they like', () => {
    const daily = (key: string, on: string, emitted: string): Journey => {
      const { steps, ...rest } = passingOn(key, on, emitted)
      const rested = { day: { type: 'wait', for: 'P1D', next: 'emit' } } as const
      return { ...rest, start: 'day', steps: { ...steps, ...rested } }
    }
    const { emitted, lines } = play(
      [daily('ping', 'Pong', 'Ping'), daily('pong', 'Ping', 'Pong')],
      'Ping',
    )
    expect(emitted.length).toBeGreaterThan(25)
    expect(emitted.every(({ depth }) => depth === 1)).toBe(true)
    expect(lines.filter((line) => line.includes('emit_too_deep'))).toEqual([])
  })
})
