import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey } from '../../test/support/journeys.ts'
import { SERVICE_RUNS_MAX } from './customer-state.ts'

/** One journey, several runs beside each other, each about another order. */

const START = '2026-12-01T10:00:00Z'
const parcel = journey('parcel', {
  class: 'service',
  lane: 'service',
  entry: { on: [{ event: 'Shipped' }], reentry: { mode: 'perKey', property: 'order_id' } },
  exit: [
    {
      event: 'Delivered',
      when: 'event.properties.order_id == entry.properties.order_id',
      reason: 'delivered',
    },
  ],
  queueFor: 'P30D',
})

const happening = fc.record({
  who: fc.constantFrom('ana' as const, 'visitor' as const),
  event: fc.constantFrom('Shipped', 'Shipped', 'Delivered'),
  order_id: fc.constantFrom('o-1', 'o-2', 'o-3', 'o-4', 'o-5'),
})

const inside = (player: ActorPlayer) =>
  player.actor.runs.map(({ entry }) => entry.properties['order_id'])

function expectApart(player: ActorPlayer): void {
  const keys = inside(player)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys.length).toBeLessThanOrEqual(SERVICE_RUNS_MAX)
}

test('whatever comes in whichever order, and whoever becomes one: never two runs about one thing, none entered twice, and the end of one ends no other', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 14 }),
      fc.array(happening, { maxLength: 8 }),
      (before, after) => {
        const [ana, visitor] = ['ana', 'visitor'].map((customerId, index) =>
          new ActorPlayer([parcel], START, 'UTC', {
            customerId,
            afterSeq: index * 1_000,
          }).reachable(),
        ) as [ActorPlayer, ActorPlayer]
        const tell = (player: ActorPlayer, { event, order_id }: (typeof before)[number]) => {
          const others = inside(player).filter((key) => key !== order_id)
          player.event(event, { properties: { order_id } })
          expect(inside(player)).toEqual(expect.arrayContaining(others))
          expectApart(player)
        }
        for (const each of before) tell(each.who === 'ana' ? ana : visitor, each)
        ana.absorb(visitor.leave(ana))
        expectApart(ana)
        for (const each of after) tell(ana, each)
        ana.until('2027-03-01T10:00:00Z')
        expect(inside(ana)).toEqual([])
        const entered = [ana, visitor].map(({ sent }) =>
          sent.filter(({ message }) => message === 'hello').map(({ runId }) => runId),
        )
        for (const runs of entered) expect(new Set(runs).size).toBe(runs.length)
        const mine = ana.records.flatMap(({ runs }) => runs.map(({ runId }) => runId))
        expect(new Set(mine.filter((id) => id.startsWith('ana.'))).size).toBeLessThanOrEqual(5)
      },
    ),
    { numRuns: 300 },
  )
})
