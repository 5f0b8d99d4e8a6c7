import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import type { CustomerState } from './customer-state.ts'

/** Customers who become one, in any order, at any moment, and hear of it twice. */

const START = '2026-12-01T10:00:00Z'
const PEOPLE = ['a', 'b', 'c'] as const
const mails: Pick<Journey, 'start' | 'steps' | 'messages'> = {
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'hello', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { hello: mail('hello') },
}
const entered = (event: string): Journey['entry'] => ({
  on: [{ event }],
  reentry: { mode: 'afterExit' },
})
const JOURNEYS = [
  journey('low', { ...mails, entry: entered('Low'), arbitration: { mode: 'manual', rank: 10 } }),
  journey('high', { ...mails, entry: entered('High'), arbitration: { mode: 'manual', rank: 900 } }),
  journey('held', {
    ...mails,
    entry: entered('Held'),
    arbitration: { mode: 'manual', rank: 500, lock: 'journey' },
  }),
]
const CAP = { name: 'day', max: 2, window: 'P1D', onCap: 'skip' } as const

type Person = (typeof PEOPLE)[number]
type Act = { readonly who: Person } & (
  | { readonly event: 'Low' | 'High' | 'Held' | 'Product Viewed' }
  | { readonly consent: boolean }
  | { readonly exclude: 'upset' | 'complaint'; readonly until: string | null }
)

const who = fc.constantFrom(...PEOPLE)
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ who, event: fc.constantFrom('Low', 'High', 'Held', 'Product Viewed') }),
  fc.record({ who, consent: fc.boolean() }),
  fc.record({
    who,
    exclude: fc.constantFrom('upset', 'complaint'),
    until: fc.constantFrom('2026-12-05T00:00:00Z', '2026-12-09T00:00:00Z', null),
  }),
)
const acts = fc.array(act, { maxLength: 12 })

/** Two merges make one of three: a star, or a chain, in either order. */
const ORDERS = [
  ['b→a', 'c→a'],
  ['c→a', 'b→a'],
  ['c→b', 'b→a'],
] as const
const order = fc.constantFrom(...ORDERS)

function people(): Record<Person, ActorPlayer> {
  const make = (customerId: Person, place: number): ActorPlayer =>
    new ActorPlayer(JOURNEYS, START, 'UTC', { customerId, afterSeq: place * 1_000 })
      .govern({ caps: [CAP] })
      .reachable()
  return { a: make('a', 1), b: make('b', 2), c: make('c', 3) }
}

function play(player: ActorPlayer, each: Act): void {
  if ('event' in each) player.event(each.event)
  else if ('consent' in each) player.consent(each.consent)
  else {
    const untilMs = each.until === null ? null : Date.parse(each.until)
    player.exclude(each.exclude, { untilMs })
  }
}

/** Lets one leave and the other take over; what became of what was under way comes after that. */
function merge(all: Record<Person, ActorPlayer>, link: string, repeats = false): void {
  const [loser, winner] = link.split('→').map((name) => all[name as Person])
  if (loser === undefined || winner === undefined) throw new Error(`No such link: ${link}`)
  loser.leave(winner)
  const absorption = winner.absorption(loser)
  winner.batch([absorption])
  if (repeats) {
    winner.batch([absorption], winner.actor.lastBatch)
    winner.batch([absorption])
  }
  winner.hearForwarded()
}

/** What does not hang on who was called what, or on who heard of what first. */
function essence({ consents, exclusions, contacts, facts, journeys, lifecycle }: CustomerState) {
  return {
    consents,
    exclusions: exclusions
      .map(({ exclusionId, untilMs }) => `${exclusionId} ${untilMs}`)
      .toSorted(),
    contacts: contacts.map(({ key, open }) => `${key} ${open}`).toSorted(),
    counters: facts.counters,
    journeys: Object.fromEntries(
      Object.entries(journeys).map(([key, { entries }]) => [key, entries]),
    ),
    lifecycle: lifecycle.state,
  }
}

const runsOf = ({ runs }: CustomerState): string[] => runs.map(({ runId }) => runId).toSorted()

describe('customers who become one', () => {
  test('any order of links gives the same customer', () => {
    fc.assert(
      fc.property(acts, (before) => {
        const [first, ...others] = ORDERS.map((links) => {
          const all = people()
          for (const each of before) play(all[each.who], each)
          for (const link of links) merge(all, link)
          return essence(all.a.actor)
        })
        for (const other of others) expect(other).toEqual(first)
      }),
      { numRuns: 60 },
    )
  })

  test('whoever becomes part of whom, it is the same customer', () => {
    fc.assert(
      fc.property(acts, (before) => {
        const [one, other] = (['b→a', 'a→b'] as const).map((link) => {
          const all = people()
          for (const each of before) play(all[each.who], each)
          merge(all, link)
          return all[link === 'b→a' ? 'a' : 'b'].actor
        })
        expect(one && essence(one)).toEqual(other && essence(other))
        expect(one && runsOf(one)).toEqual(other && runsOf(other))
        const active = (actor: CustomerState | undefined) =>
          actor?.runs.find(({ status }) => status === 'active')?.journey
        if (one?.runs.some(({ journey: key }) => key === 'held') === true)
          expect([active(one), active(other)]).toEqual(['held', 'held'])
      }),
      { numRuns: 100 },
    )
  })

  test('every step may come twice', () => {
    fc.assert(
      fc.property(acts, order, (before, links) => {
        const [once, twice] = [false, true].map((repeats) => {
          const all = people()
          for (const each of before) play(all[each.who], each)
          for (const link of links) merge(all, link, repeats)
          return { ...essence(all.a.actor), runs: runsOf(all.a.actor) }
        })
        expect(twice).toEqual(once)
      }),
      { numRuns: 60 },
    )
  })

  test('no run is lost without a record, no message goes out twice, and caps hold once they are one', () => {
    fc.assert(
      fc.property(acts, acts, order, (before, after, links) => {
        const all = people()
        for (const each of before) play(all[each.who], each)
        for (const link of links) merge(all, link)
        const sentBefore = Object.values(all).flatMap(({ sent }) => sent).length
        for (const each of after) play(all.a, each)
        const sent = Object.values(all).flatMap((player) => player.sent)
        expect(new Set(sent.map(({ deliveryId }) => deliveryId)).size).toBe(sent.length)
        expect(sent.length).toBeLessThanOrEqual(Math.max(CAP.max, sentBefore))
        const records = Object.values(all).flatMap((player) => player.records)
        const known = records.flatMap(({ runs }) => runs)
        const ended = new Set(
          known.filter(({ status }) => status === 'ended').map(({ runId }) => runId),
        )
        const open = new Set(runsOf(all.a.actor))
        for (const { runId } of known) expect(open.has(runId) || ended.has(runId)).toBe(true)
        expect([all.b.actor.runs, all.c.actor.runs]).toEqual([[], []])
      }),
      { numRuns: 60 },
    )
  })

  test('while answers are open on either side it comes to the same customer', () => {
    fc.assert(
      fc.property(acts, fc.boolean(), fc.boolean(), (before, holdsLoser, holdsWinner) => {
        const played = [true, false].map((holds) => {
          const { a, b } = people()
          for (const each of before) if (each.who !== 'c') play(each.who === 'a' ? a : b, each)
          b.holdDecisions = holds && holdsLoser
          b.event('Low').leave(a)
          b.release()
          a.holdDecisions = holds && holdsWinner
          a.event('High').absorb(b)
          a.release().hearForwarded()
          return { ...essence(a.actor), runs: runsOf(a.actor) }
        })
        expect(played[0]).toEqual(played[1])
      }),
      { numRuns: 60 },
    )
  })
})
