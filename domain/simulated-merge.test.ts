import { describe, expect, test } from 'vitest'
import { contactRules } from '../test/support/contact-rules.ts'
import { journey, mail } from '../test/support/journeys.ts'
import { DEFAULT_LIFECYCLE_RULES } from './customers/lifecycle-rules.ts'
import type { Journey } from './journeys/journey.ts'
import { SimulatedLife, type LifeEvent } from './simulated-life.ts'
import { publishedAs } from './simulation.ts'

const START = Date.parse('2026-12-01T10:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR

const series = (key: string, event: string, rank: number): Journey =>
  journey(key, {
    entry: { on: [{ event }] },
    arbitration: { mode: 'manual', rank },
    start: 'hello',
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest: { type: 'wait', for: 'P3D', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { hello: mail(`${key} hello`) },
  })
const versions = [
  series('welcome', 'Signed Up', 500),
  series('browse', 'Product Viewed', 100),
  series('news', 'News', 900),
].map((each) => ({ journey: each, version: 1, hash: each.key, live: true }))
const rules = publishedAs(versions, {
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  contact: contactRules({ caps: [{ name: 'day', max: 2, window: 'P1D', onCap: 'skip' }] }),
})

const life = (customerId: string, known: boolean, afterSeq: number): SimulatedLife =>
  new SimulatedLife({ customerId, known, zone: 'UTC', createdAtMs: START, rules, afterSeq })
const track = (event: string, atMs: number): LifeEvent => ({
  type: 'track',
  event,
  properties: {},
  historical: false,
  atMs,
})
const consent = (granted: boolean, atMs: number, purpose = 'marketing'): LifeEvent => ({
  type: 'consent',
  purpose,
  channel: 'email',
  granted,
  source: 'form',
  atMs,
})
const mailed = (each: SimulatedLife): string[] =>
  each.deliveries.map(({ request: { journey: key, message } }) => `${key} ${message}`)

describe('the golden record', () => {
  const identify = (plan: string, atMs: number): LifeEvent => ({
    type: 'identify',
    traits: { plan },
    atMs,
  })

  test.each([
    ['the one', true],
    ['the other', false],
  ])('of two values the newer holds, whoever stays: %s', (_, stays) => {
    const [one, other] = [life('one', true, 1_000), life('other', true, 2_000)]
    one.happen(identify('old', START))
    other.happen(identify('new', START + HOUR))
    const [winner, loser] = stays ? [one, other] : [other, one]
    loser.mergeInto({ mergeId: 'm1', atMs: START + 2 * HOUR, winner })
    expect(winner.profile).toMatchObject({
      traits: { plan: 'new' },
      origins: { plan: { atMs: START + HOUR, source: 'identify' } },
    })
  })

  test('what a journey sets says which one it was, and when', () => {
    const tag = journey('tag', {
      entry: { on: [{ event: 'Signed Up' }] },
      start: 'rest',
      steps: {
        rest: { type: 'wait', for: 'P1D', next: 'mark' },
        mark: { type: 'update', set: { plan: 'trial' }, next: 'done' },
        done: { type: 'exit' },
      },
    })
    const tagging = publishedAs([{ journey: tag, version: 1, hash: 'tag', live: true }], {
      lifecycle: DEFAULT_LIFECYCLE_RULES,
    })
    const input = { customerId: 'ana', known: true, zone: 'UTC', createdAtMs: START }
    const ana = new SimulatedLife({ ...input, rules: tagging })
    ana.happen(identify('free', START))
    ana.happen(track('Signed Up', START))
    ana.sleepUntil(START + 2 * DAY)
    expect(ana.profile).toMatchObject({
      traits: { plan: 'trial' },
      origins: { plan: { atMs: START + DAY, source: 'journey:tag' } },
    })
  })
})

describe('row 17: anonymous customer identified, two live actors', () => {
  test('merged: caps added, stricter consent, one journey by arbitration, later events forwarded', () => {
    const ana = life('ana', true, 1_000)
    const visitor = life('visitor', false, 2_000)
    for (const each of [ana, visitor]) {
      each.happen({ type: 'identify', traits: { email: 'ana@x.example' }, atMs: START })
      each.happen(consent(true, START))
    }
    ana.happen(consent(true, START, 'partners'))
    visitor.happen(consent(false, START, 'partners'))
    visitor.happen(track('Product Viewed', START + HOUR))
    ana.happen(track('Signed Up', START + 2 * HOUR))
    expect([mailed(ana), mailed(visitor)]).toEqual([['welcome hello'], ['browse hello']])

    visitor.mergeInto({ mergeId: 'm1', atMs: START + 3 * HOUR, winner: ana })
    expect(ana.actor.consents['partners']).toEqual({ email: false })
    expect(ana.actor.runs.map(({ journey: key, status }) => `${key} ${status}`)).toEqual([
      'welcome active',
      'browse paused',
    ])
    expect(ana.decisions.at(-1)?.request.cause).toEqual({ type: 'merged' })
    expect(visitor.actor.runs).toEqual([])

    // Both have had one mail today: the two count for the customer that they are.
    ana.happen(track('News', START + 4 * HOUR))
    expect(mailed(ana)).toEqual(['welcome hello'])
    // What is said of the visitor now is said of her.
    visitor.happen(track('Product Viewed', START + 5 * HOUR))
    expect(ana.actor.facts.counters['Product Viewed']?.total).toBe(2)

    ana.sleepUntil(START + 30 * DAY)
    visitor.sleepUntil(START + 30 * DAY)
    expect(ana.actor.runs).toEqual([])
    const ends = ana.records.flatMap(({ runs }) =>
      runs.flatMap(({ runId, endReason }) => (endReason === null ? [] : [`${runId} ${endReason}`])),
    )
    expect(ends).toContain('visitor.1 completed')
    expect(mailed(visitor)).toEqual(['browse hello'])
  })
})
