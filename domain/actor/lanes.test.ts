import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import { publishedTogether } from '../simulation.ts'
import { describeCustomer, operatorView } from './operator-view.ts'

const START = '2026-12-01T10:00:00Z'
const again = { mode: 'afterExit' } as const
const on = (event: string): Journey['entry'] => ({ on: [{ event }], reentry: again })

const welcome = journey('welcome', { arbitration: { mode: 'auto', value: 50 } })
const returns = journey('returns', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: on('Order Refunded'),
})
const beside = (key: string, event: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, { class: 'service', lane: 'service', entry: on(event), ...parts })
const parcel = beside('parcel', 'Order Shipped')
const invoice = beside('invoice', 'Order Completed')
const play = (...journeys: Journey[]): ActorPlayer => new ActorPlayer(journeys, START).reachable()
const said = (player: ActorPlayer): string[] =>
  player.mails.map((line) => line.slice('2026-12-01T10:00 '.length))

describe('the service lane', () => {
  test('starts at once beside a marketing journey, which goes on undisturbed', () => {
    const player = play(welcome, parcel).event('Signed Up').event('Order Shipped')
    expect([player.active, player.beside, player.paused]).toEqual([
      'welcome:rest',
      ['parcel:rest'],
      [],
    ])
    expect(said(player)).toEqual(['hello', 'hello'])
    player.until('2026-12-15T10:00:00Z')
    expect(player.endings).toEqual(['welcome: completed', 'parcel: completed'])
    expect(said(player)).toEqual(['hello', 'hello', 'bye', 'bye'])
  })

  test('starts beside a locked journey, and a journey that takes over leaves it alone', () => {
    const player = play(welcome, returns, parcel).event('Order Refunded').event('Order Shipped')
    expect([player.active, player.beside]).toEqual(['returns:rest', ['parcel:rest']])
    const other = play(welcome, returns, parcel)
      .event('Signed Up')
      .event('Order Shipped')
      .event('Order Refunded')
    expect([other.active, other.beside, other.paused]).toEqual([
      'returns:rest',
      ['parcel:rest'],
      ['welcome'],
    ])
  })

  test('starts together with the foreground where one batch triggers both: one decision', () => {
    const player = play(welcome, parcel, invoice)
    player.batch([
      player.item('Order Shipped'),
      player.item('Signed Up'),
      player.item('Order Completed'),
    ])
    expect(player.decisions).toHaveLength(1)
    expect(player.decisions[0]).toMatchObject({ outcome: 'enter', beside: expect.any(Array) })
    expect([player.active, player.beside]).toEqual([
      'welcome:rest',
      ['invoice:rest', 'parcel:rest'],
    ])
  })

  test('is full with three: the fourth is turned away, or waits for the end of one', () => {
    const four = ['a', 'b', 'c', 'd'].map((key) => beside(key, `Go ${key}`))
    const player = play(...four, beside('patient', 'Go e', { queueFor: 'P30D' }))
    for (const key of ['a', 'b', 'c', 'd', 'e']) player.event(`Go ${key}`)
    expect(player.beside).toHaveLength(3)
    expect(player.decisions.slice(3)).toMatchObject([
      { outcome: 'reject', fates: [{ journey: 'd', fate: 'reject', gate: 'lane' }] },
      { outcome: 'queue', fates: [{ journey: 'patient', fate: 'queue', gate: 'lane' }] },
    ])
    player.until('2026-12-15T10:00:00Z')
    expect(player.beside).toEqual(['patient:rest'])
    expect(player.requests.at(-1)).toMatchObject({ cause: { type: 'run_ended', journey: 'a' } })
  })

  test('asks for those who wait also where a run of it ended while a decision was open', () => {
    const short = (key: string): Journey =>
      beside(key, `Go ${key}`, {
        queueFor: 'P30D',
        steps: {
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
        messages: { hello: mail(key) },
      })
    const player = play(...['a', 'b', 'c', 'd'].map(short))
    player.holdSends = true
    player.event('Go a').event('Go b').event('Go c')
    const [sending] = player.held
    player.holdDecisions = true
    player.event('Go d')
    player.tell(sending, { type: 'sent', atMs: player.nowMs, providerId: null }).release()
    expect(player.requests.at(-1)?.cause).toMatchObject({ type: 'run_ended', journey: 'a' })
    expect(player.actor.deferred).toEqual([])
    expect(player.sent.map(({ journey: key }) => key)).toContain('d')
  })

  test('leaves the depth of the foreground alone, and its end asks nobody of the foreground', () => {
    const rank = (key: string, value: number): Journey =>
      journey(key, { arbitration: { mode: 'manual', rank: value }, entry: on(`Go ${key}`) })
    const player = play(rank('one', 1), rank('two', 2), rank('three', 3), parcel, invoice)
    player.event('Order Shipped').event('Order Completed')
    player.event('Go one').event('Go two').event('Go three')
    expect([player.active, player.paused, player.beside]).toEqual([
      'three:rest',
      ['one', 'two'],
      ['parcel:rest', 'invoice:rest'],
    ])
    const decisions = player.decisions.length
    player.settle([])
    player.batch([
      { type: 'exit', seq: 99, receivedAtMs: player.nowMs, journey: 'parcel', reason: 'by hand' },
    ])
    expect(player.decisions).toHaveLength(decisions)
    expect(player.beside).toEqual(['invoice:rest'])
  })

  test('is shown as such: in records, in the details, and not as the journey of the customer', () => {
    const player = play(parcel).event('Order Shipped')
    const runs = player.records.flatMap((record) => record.runs)
    expect(runs.every(({ lane, locked }) => lane === 'service' && !locked)).toBe(true)
    expect(operatorView(player.actor, null)).toMatchObject({ Journey: null, LockedBy: null })
    expect(describeCustomer(player.actor, null)).toContain('- beside: parcel@1 · rest')
  })

  test('counts as being inside, and hears its exits', () => {
    const stoppable = { ...parcel, exit: [{ event: 'Order Delivered', reason: 'there' }] }
    const player = play(stoppable).event('Order Shipped').event('Order Shipped')
    expect(player.decisions.at(-1)?.fates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
    player.event('Order Delivered')
    expect(player.endings).toEqual(['parcel: there'])
  })

  describe('with re-entry per key', () => {
    const perOrder = { mode: 'perKey', property: 'order_id' } as const
    const tracked = beside('parcel', 'Order Shipped', {
      entry: { on: [{ event: 'Order Shipped' }], reentry: perOrder },
    })

    test('takes each key once, beside its own other runs', () => {
      const player = play(tracked)
      for (const order_id of ['o-1', 'o-2', 'o-1'])
        player.event('Order Shipped', { properties: { order_id } })
      expect(player.beside).toEqual(['parcel:rest', 'parcel:rest'])
      expect(player.decisions.at(-1)?.fates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
      player.until('2026-12-15T10:00:00Z')
      expect(player.endings).toEqual(['parcel: completed', 'parcel: completed'])
      expect(said(player)).toEqual(['hello', 'hello', 'bye', 'bye'])
    })

    test('takes two keys of one batch with one decision', () => {
      const player = play(tracked)
      player.batch(
        ['o-1', 'o-2', 'o-2'].map((order_id) =>
          player.item('Order Shipped', { properties: { order_id } }),
        ),
      )
      expect(player.decisions).toHaveLength(1)
      expect(player.decisions[0]?.fates.map(({ fate }) => fate)).toEqual(['reject', 'win', 'win'])
      expect(player.beside).toEqual(['parcel:rest', 'parcel:rest'])
    })

    test('is full with three all the same: the fourth key waits for the end of one', () => {
      const player = play({ ...tracked, queueFor: 'P30D' })
      for (const order_id of ['o-1', 'o-2', 'o-3', 'o-4'])
        player.event('Order Shipped', { properties: { order_id } })
      expect(player.beside).toHaveLength(3)
      player.until('2026-12-15T10:00:00Z')
      expect(player.beside).toEqual(['parcel:rest'])
    })

    test('ends the run of one key and leaves the other alone', () => {
      const when = 'event.properties.order_id == entry.properties.order_id'
      const player = play({
        ...tracked,
        exit: [{ event: 'Order Delivered', when, reason: 'there' }],
      })
      for (const order_id of ['o-1', 'o-2'])
        player.event('Order Shipped', { properties: { order_id } })
      player.event('Order Delivered', { properties: { order_id: 'o-1' } })
      expect([player.endings, player.beside]).toEqual([['parcel: there'], ['parcel:rest']])
    })

    test('counts a run that began without the property as being inside for every key', () => {
      const player = play(parcel).event('Order Shipped')
      const published = publishedTogether([tracked])
      player.publish({ ...published, book: { ...published.book, hash: 'next' } })
      player.event('Order Shipped', { properties: { order_id: 'o-2' } })
      expect(player.decisions.at(-1)?.fates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
    })

    test('in the foreground a customer is on a journey once, whatever the key', () => {
      const ahead = journey('ahead', {
        entry: { on: [{ event: 'Order Shipped' }], reentry: perOrder },
      })
      const player = play(ahead)
      for (const order_id of ['o-1', 'o-2'])
        player.event('Order Shipped', { properties: { order_id } })
      expect(player.decisions.at(-1)?.fates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
    })
  })
})
