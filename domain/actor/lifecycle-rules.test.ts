import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey } from '../../test/support/journeys.ts'
import { compileLifecycle } from '../customers/compile-lifecycle.ts'
import type { LifecycleDocument } from '../customers/lifecycle-document.ts'
import { publishedAs } from '../simulation.ts'

const WIN_BACK = journey('win-back', {
  class: 'service',
  entry: { on: [{ lifecycle: 'waiting' }] },
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
})

const underRules = (document: LifecycleDocument, version: number) => {
  const published = publishedAs(
    [{ journey: WIN_BACK, version: 1, hash: WIN_BACK.key, live: true }],
    { lifecycle: compileLifecycle(document, version) },
  )
  return { ...published, book: { ...published.book, hash: `rules-${version}` } }
}

/** Bought on 1 January, and is silent since. */
const buyer = () => new ActorPlayer([WIN_BACK], '2026-01-01T00:00:00Z').event('Order Completed')
/** As a rollout does it: a row that says nothing. */
const told = (player: ActorPlayer, document: LifecycleDocument, version: number) =>
  player.publish(underRules(document, version)).learn({})
const open = ({ actor }: ActorPlayer) => actor.runs.map(({ journey: key }) => key)

describe('rules that were published while a customer slept', () => {
  test('change the state when they are told of, and let nobody in', () => {
    const player = told(buyer().until('2026-01-20T00:00:00Z'), { waitingAfter: 'P10D' }, 1)
    expect(player.actor.lifecycle).toMatchObject({
      state: 'waiting',
      previous: 'occasional',
      rules: 1,
      nextAtMs: Date.parse('2026-04-01T00:00:00Z'),
    })
    expect([open(player), player.decisions]).toEqual([[], []])
    const entry = player.records.flatMap(({ entries }) => entries).at(-1)
    expect(entry).toMatchObject({ kind: 'lifecycle', data: { to: 'waiting', rules: 1 } })
  })

  test('let in whom they move where they say so', () => {
    const document = { waitingAfter: 'P10D', rollout: { entries: 'trigger' } } as const
    const player = told(buyer().until('2026-01-20T00:00:00Z'), document, 1)
    expect(open(player)).toEqual(['win-back'])
  })

  test('move the deadline, which then fires at its new instant and counts as always', () => {
    const player = told(buyer().until('2026-01-20T00:00:00Z'), { waitingAfter: 'P25D' }, 1)
    expect(player.actor.lifecycle.state).toBe('occasional')
    player.until('2026-01-26T00:00:00Z')
    expect(player.actor.lifecycle.state).toBe('waiting')
    expect(open(player)).toEqual(['win-back'])
  })

  test('do not swallow what an event changes, told of in the same breath', () => {
    const player = buyer().until('2026-02-05T00:00:00Z')
    expect(open(player)).toEqual([])
    player.publish(underRules({ atRiskAfter: 'P33D' }, 1)).event('Product Viewed')
    expect(player.actor.lifecycle).toMatchObject({ state: 'occasional', previous: 'at_risk' })
  })

  test('are taken back by older ones, and told of twice change nothing', () => {
    const player = told(buyer().until('2026-01-20T00:00:00Z'), { waitingAfter: 'P10D' }, 1)
    told(player, {}, 2)
    expect(player.actor.lifecycle).toMatchObject({ state: 'occasional', rules: 2 })
    const { lifecycle } = player.actor
    expect(player.learn({}).actor.lifecycle).toEqual(lifecycle)
  })
})

test('customer.value is what all purchases so far are worth', () => {
  const rich = journey('rich', {
    class: 'service',
    entry: { on: [{ event: 'Order Completed', when: 'customer.value >= 100' }] },
    start: 'rest',
    steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
  })
  const player = new ActorPlayer([rich], '2026-01-01T00:00:00Z')
  player.event('Order Completed', { properties: { revenue: 60.5 } })
  expect(open(player)).toEqual([])
  player.event('Order Completed', { properties: { revenue: 39.5 } })
  expect(open(player)).toEqual(['rich'])
})
