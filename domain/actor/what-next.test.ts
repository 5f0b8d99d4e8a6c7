import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mailsAndWaits } from '../../test/support/journeys.ts'
import { liveTermsOf } from '../decisioning/live-version.ts'
import type { Journey } from '../journeys/journey.ts'
import { REQUEST_EVENT } from '../journeys/requested-entry.ts'
import { publishedTogether } from '../simulation.ts'
import { whatNext, type NextQuestion, type RankedOffer } from './what-next.ts'

const START = '2026-12-01T10:00:00Z'
const onRequest = (key: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    class: 'service',
    entry: { on: [{ api: true }], reentry: { mode: 'afterExit' } },
    ...parts,
  })
const offer = (id: string, parts: Partial<RankedOffer> = {}): RankedOffer => ({
  id,
  class: 'service',
  channel: 'call-centre',
  value: 10,
  ...parts,
})

/** What an actor would answer, with all of these journeys published. */
function ask(
  player: ActorPlayer,
  journeys: readonly Journey[],
  question: Partial<NextQuestion> = {},
) {
  const { book, entryRules, definitions } = publishedTogether(journeys)
  return whatNext(player.actor, definitions, {
    atMs: player.nowMs,
    offers: [],
    book,
    onRequest: entryRules[REQUEST_EVENT] ?? [],
    live: liveTermsOf(book, entryRules),
    ...question,
  })
}
const names = (answer: ReturnType<typeof ask>) => ({
  ranked: answer.ranked.map(({ id, source }) => `${source} ${id}`),
  refused: answer.refused.map(({ id, source, gate }) => `${source} ${id}: ${gate}`),
})

describe('whatNext', () => {
  test('ranks offers and journeys in the order of the arbiter: by hand first, then by worth', () => {
    const journeys = [
      onRequest('worth-3', { arbitration: { mode: 'auto', value: 30 } }),
      onRequest('by-hand', { arbitration: { mode: 'manual', rank: 1 } }),
    ]
    const answer = ask(new ActorPlayer(journeys, START).reachable(), journeys, {
      offers: [offer('worth-2', { value: 20 }), offer('worth-4', { value: 5, propensity: 0.8 })],
    })
    expect(
      answer.ranked.map(({ id, score, reason }) => [id, score?.total ?? null, reason]),
    ).toEqual([
      ['by-hand', null, 'rank 1, by hand'],
      ['worth-4', 4, 'chance 80 % × worth 5 × lever 1 = 4'],
      ['worth-3', 3, 'chance 10 % × worth 30 × lever 1 = 3'],
      ['worth-2', 2, 'chance 10 % × worth 20 × lever 1 = 2'],
    ])
    expect(answer).toMatchObject({ current: null, refused: [], exclusions: [], caps: [] })
  })

  test('refuses a journey that the arbiter would not let in, with its gate, and ranks offers all the same', () => {
    const journeys = [
      journey('returns', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 9, lock: 'journey' },
      }),
      onRequest('rebooking', { arbitration: { mode: 'manual', rank: 20 } }),
      onRequest('returns-help', {
        entry: { on: [{ api: true }], when: "customer.lifecycle == 'hero'" },
      }),
      onRequest('for-heroes', {
        entry: { on: [{ api: true, when: "customer.lifecycle == 'hero'" }] },
      }),
    ]
    const player = new ActorPlayer(journeys, START).learn({ has: { email: true } })
    player.event('Signed Up')
    const answer = ask(player, journeys, { offers: [offer('discount')] })
    expect(answer.current).toMatchObject({
      journey: 'returns',
      version: 1,
      lock: { scope: 'journey', untilMs: null },
    })
    expect(names(answer)).toEqual({
      ranked: ['offer discount'],
      refused: [
        'request rebooking: lock',
        'request returns-help: entry',
        'request for-heroes: entry',
      ],
    })
  })

  test('names journeys that are paused or wait in the queue, judged as they stand now', () => {
    const journeys = [
      journey('welcome', { class: 'service' }),
      journey('returns', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 9 },
        entry: { on: [{ event: 'Order Refunded' }] },
      }),
      journey('birthday', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 5 },
        entry: { on: [{ event: 'Birthday' }] },
      }),
    ]
    const player = new ActorPlayer(journeys, START).learn({ has: { email: true } })
    player.event('Signed Up').event('Order Refunded').event('Birthday')
    expect([player.active, player.paused]).toEqual(['returns:rest', ['welcome']])
    expect(names(ask(player, journeys))).toEqual({
      ranked: [],
      refused: ['queue birthday: manual', 'paused welcome: manual'],
    })
    player.event('Signed Up')
    const later = ask(player, journeys, { live: {} })
    expect(names(later).refused).toContain('queue birthday: live')
  })

  test('asks consent for marketing on the channel, also on one of the caller’s own', () => {
    const player = new ActorPlayer([], START)
    const offers = [offer('sale', { class: 'marketing' }), offer('help')]
    expect(names(ask(player, [], { offers }))).toEqual({
      ranked: ['offer help'],
      refused: ['offer sale: contact'],
    })
    player.consent(true, 'call-centre')
    expect(names(ask(player, [], { offers })).refused).toEqual([])
  })

  test('judges the condition of an offer on what the actor knows', () => {
    const player = new ActorPlayer([], START).learn({ has: { email: true } })
    const offers = [
      offer('by-mail', { when: "has('email')" }),
      offer('for-heroes', { when: "customer.lifecycle == 'hero'" }),
    ]
    expect(names(ask(player, [], { offers }))).toEqual({
      ranked: ['offer by-mail'],
      refused: ['offer for-heroes: condition'],
    })
  })

  test('changes nothing, and answers while a decision is open', () => {
    const journeys = [onRequest('help'), journey('welcome', { steps: mailsAndWaits('P1D') })]
    const player = new ActorPlayer(journeys, START).reachable()
    player.holdDecisions = true
    player.event('Signed Up')
    const before = structuredClone(player.actor)
    expect(names(ask(player, journeys)).ranked).toEqual(['request help'])
    expect(player.actor).toEqual(before)
    expect(player.actor.arbitration).not.toBeNull()
  })
})

describe('an offer that is about to be shown', () => {
  const show = (player: ActorPlayer, seq: number, parts: Partial<RankedOffer> = {}) =>
    player.batch([
      { type: 'offer', seq, receivedAtMs: player.nowMs, offer: offer('discount', parts) },
    ])

  test('counts for caps from then on, and stands on the timeline', () => {
    const player = show(new ActorPlayer([], START), 7, { journey: 'retention' })
    expect(player.actor.contacts).toEqual([
      {
        key: 'offer:discount:7',
        atMs: player.nowMs,
        channel: 'call-centre',
        class: 'service',
        journey: 'retention',
      },
    ])
    expect(player.actor.offers).toEqual([{ seq: 7, refused: null }])
    expect(player.records.flatMap(({ entries }) => entries)).toMatchObject([
      { kind: 'offer', summary: 'offer discount on call-centre' },
    ])
  })

  test('is refused where the gate forbids it: nothing is counted, and the reason is kept', () => {
    const player = show(new ActorPlayer([], START), 7, { class: 'marketing' })
    expect(player.actor.contacts).toEqual([])
    expect(player.actor.offers).toEqual([{ seq: 7, refused: 'no_consent' }])
    expect(player.records.flatMap(({ entries }) => entries)).toMatchObject([
      { kind: 'offer', summary: 'offer discount on call-centre refused: no_consent' },
    ])
  })
})
