import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { contactRules } from '../../test/support/contact-rules.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { ContactRules, ExclusionRule } from '../contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import { publishedAs } from '../simulation.ts'
import { openEffects } from './advance.ts'
import type { CustomerState } from './customer-state.ts'
import type { TurnRecord } from './effects.ts'
import { hasLeft } from './leave.ts'
import { describeCustomer } from './operator-view.ts'

/** Two customers who turn out to be one, as their actors live through it. */

const START = '2026-12-01T10:00:00Z'
const steps: Journey['steps'] = {
  hello: { type: 'message', message: 'hello', next: 'rest' },
  rest: { type: 'wait', for: 'P3D', next: 'bye' },
  bye: { type: 'message', message: 'bye', next: 'done' },
  done: { type: 'exit' },
}
const series = (key: string, event: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
    start: 'hello',
    steps,
    messages: { hello: mail(`${key} hello`), bye: mail(`${key} bye`) },
    ...parts,
  })
const welcome = series('welcome', 'Signed Up', { arbitration: { mode: 'auto', value: 10 } })
const returns = series('returns', 'Order Refunded', {
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
})
const browse = series('browse', 'Product Viewed', { arbitration: { mode: 'auto', value: 5 } })
const news = series('news', 'News', { arbitration: { mode: 'manual', rank: 950 } })
const service = series('care', 'Case', { class: 'service', lane: 'service' })
const ticket = series('ticket', 'Ticket', {
  class: 'service',
  lane: 'service',
  entry: { on: [{ event: 'Ticket' }], reentry: { mode: 'perKey', property: 'ticket' } },
})
const loyal = series('loyal', 'Second', {
  entry: { on: [{ event: 'Second', when: "count('Product Viewed') >= 3" }] },
})
const RULES = { book: null, definitions: {} }
const JOURNEYS = [welcome, returns, browse, news, service, ticket, loyal]

/** Somebody known, and a visitor of whom only a browser is known. */
function two(rules: Partial<ContactRules> = {}): { ana: ActorPlayer; visitor: ActorPlayer } {
  const ana = new ActorPlayer(JOURNEYS, START, 'UTC', { customerId: 'ana', afterSeq: 1_000 })
  const visitor = new ActorPlayer(JOURNEYS, START, 'UTC', {
    customerId: 'visitor',
    known: false,
    afterSeq: 2_000,
  })
  for (const each of [ana, visitor]) each.govern(rules).reachable()
  return { ana, visitor }
}

const opened = ({ exclusions = [] }: TurnRecord): string[] =>
  exclusions.map(({ exclusionId }) => exclusionId)

/** A rule under which a complaint excludes them until it is settled. */
function complaints(...players: ActorPlayer[]): string {
  const name = 'complaint'
  const versions = JOURNEYS.map((each) => ({
    journey: each,
    version: 1,
    hash: each.key,
    live: true,
  }))
  const exclusions: ExclusionRule[] = [
    { name, open: [{ event: 'Complaint' }], close: [{ event: 'Settled' }] },
  ]
  const published = publishedAs(versions, {
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: contactRules({ hash: 'complaints', exclusions }),
  })
  for (const player of players) player.publish(published)
  return name
}

function merge(loser: ActorPlayer, winner: ActorPlayer): ActorPlayer {
  loser.leave(winner)
  return winner.absorb(loser)
}

describe('row 17: anonymous customer identified, two live actors', () => {
  test('one journey by arbitration: what runs goes on, the other waits for its turn', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed')
    ana.event('Signed Up')
    merge(visitor, ana)
    expect([ana.active, ana.paused]).toEqual(['welcome:rest', ['browse']])
    expect(ana.requests.at(-1)?.cause).toEqual({ type: 'merged' })
    ana.until('2026-12-04T10:00:00Z')
    expect(ana.active).toBe('browse:rest')
    ana.until('2026-12-08T10:00:00Z')
    expect(ana.endings).toEqual(['welcome: completed', 'browse: completed'])
    expect(ana.mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-04T10:00 bye',
      '2026-12-07T10:00 bye',
    ])
  })

  test('a locked journey wins, whoever had it and whatever its rank', () => {
    const { ana, visitor } = two()
    visitor.event('Order Refunded')
    ana.event('News')
    merge(visitor, ana)
    expect([ana.active, ana.paused]).toEqual(['returns:rest', ['news']])

    const other = two()
    other.ana.event('Order Refunded')
    other.visitor.event('News')
    merge(other.visitor, other.ana)
    expect([other.ana.active, other.ana.paused]).toEqual(['returns:rest', ['news']])
  })

  test('of two runs of one journey the one that began first stays, where none is locked', () => {
    const { ana, visitor } = two()
    visitor.event('Signed Up')
    for (const each of [ana, visitor]) each.until('2026-12-02T10:00:00Z')
    ana.event('Signed Up')
    merge(visitor, ana)
    expect([ana.active, ana.paused]).toEqual(['welcome:rest', []])
    expect(ana.endings).toEqual(['welcome: merged'])
    // It goes on with the time that was left.
    ana.until('2026-12-04T10:00:00Z')
    expect(ana.endings).toEqual(['welcome: merged', 'welcome: completed'])
    expect(ana.actor.journeys['welcome']).toMatchObject({ entries: 2 })
  })

  test('caps are added: what both were sent counts, once', () => {
    const cap = { name: 'day', max: 2, window: 'P1D', onCap: 'skip' } as const
    const { ana, visitor } = two({ caps: [cap] })
    visitor.event('Product Viewed')
    ana.event('Signed Up')
    merge(visitor, ana)
    expect(ana.actor.contacts.map(({ key }) => key).toSorted()).toEqual([
      'ana.1.1.email',
      'visitor.1.1.email',
    ])
    ana.event('News')
    expect(ana.keptBack).toEqual(['hello skipped: cap:day'])
  })

  test('a message that is under way counts, and its outcome is forwarded', () => {
    const cap = { name: 'day', max: 1, window: 'P1D', onCap: 'skip' } as const
    const { ana, visitor } = two({ caps: [cap] })
    visitor.holdSends = true
    visitor.event('Product Viewed')
    const [sending] = visitor.held
    // It has begun: what is taken back ends with its own outcome.
    visitor.held.length = 0
    merge(visitor, ana)
    expect(hasLeft(visitor.actor)).toBe(true)
    ana.event('News')
    expect(ana.keptBack).toEqual(['hello skipped: cap:day'])
    visitor.tell(sending, { type: 'sent', atMs: visitor.nowMs, providerId: null })
    expect(visitor.forwarded).toHaveLength(1)
    ana.hearForwarded()
    expect(ana.actor.contacts).toEqual([expect.not.objectContaining({ open: 1 })])
    ana.until('2026-12-20T10:00:00Z')
    expect(ana.endings).toContain('browse: completed')
  })

  test('what never told its outcome is asked for under the same key', () => {
    const { ana, visitor } = two()
    visitor.holdSends = true
    visitor.event('Product Viewed')
    visitor.held.length = 0
    merge(visitor, ana)
    ana.until('2026-12-01T10:05:00Z')
    expect(ana.sent).toEqual([])
    ana.until('2026-12-01T10:20:00Z')
    expect(ana.sent).toMatchObject([{ deliveryId: 'visitor.1.1.email', attempt: 1 }])
  })

  test('a send that had not begun goes out once, from the winner', () => {
    const { ana, visitor } = two()
    visitor.holdSends = true
    visitor.event('Product Viewed')
    visitor.leave(ana)
    expect(visitor.forwarded).toMatchObject([{ kind: 'send', outcome: { type: 'withdrawn' } }])
    ana.absorb(visitor).hearForwarded()
    expect(ana.sent).toMatchObject([{ deliveryId: 'visitor.1.1.email', attempt: 2 }])
  })

  test('the stricter consent holds, and ends what it forbids', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed')
    ana.consent(false)
    merge(visitor, ana)
    expect(ana.actor.consents).toEqual({ marketing: { email: false } })
    expect([ana.active, ana.paused]).toEqual([null, []])

    const other = two()
    other.ana.event('Signed Up')
    other.visitor.consent(false)
    merge(other.visitor, other.ana)
    expect(other.ana.actor.consents).toEqual({ marketing: { email: false } })
    expect(other.ana.endings).toEqual(['welcome: consent_withdrawn'])
  })

  test('exclusions of both hold, each as long as the longer of them', () => {
    const { ana, visitor } = two()
    visitor.exclude('complaint').exclude('upset', { untilMs: Date.parse('2026-12-09T00:00:00Z') })
    ana.exclude('upset', { untilMs: Date.parse('2026-12-05T00:00:00Z') })
    merge(visitor, ana)
    expect(ana.actor.exclusions.map(({ exclusionId, untilMs }) => [exclusionId, untilMs])).toEqual([
      ['upset', Date.parse('2026-12-09T00:00:00Z')],
      ['complaint', null],
    ])
  })

  test('facts are those of all events, and triggers see them from then on', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed').event('Product Viewed')
    ana.event('Product Viewed')
    ana.batch([ana.absorption(visitor.leave(ana)), ana.item('Second')])
    expect(ana.actor.facts.counters['Product Viewed']?.total).toBe(3)
    expect(ana.decisions.at(-1)?.fates.map(({ journey }) => journey)).toContain('loyal')
  })

  test('a service journey goes on beside, and a queue is one queue', () => {
    const { ana, visitor } = two()
    visitor.event('Case')
    ana.event('Order Refunded')
    merge(visitor, ana)
    expect([ana.active, ana.beside]).toEqual(['returns:rest', ['care:rest']])
  })

  test('of two service journeys about one case one stays, about two cases both', () => {
    const { ana, visitor } = two()
    ana.event('Ticket', { properties: { ticket: 't-1' } })
    for (const ticket of ['t-1', 't-2']) visitor.event('Ticket', { properties: { ticket } })
    merge(visitor, ana)
    expect(ana.actor.runs.map(({ entry }) => entry.properties['ticket'])).toEqual(['t-1', 't-2'])
    expect(ana.endings).toEqual(['ticket: merged'])
    ana.event('Ticket', { properties: { ticket: 't-2' } })
    expect(ana.decisions.at(-1)?.fates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
  })

  test('it lives on: no instant fires at the loser, and what comes later is not its own', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed')
    merge(visitor, ana)
    visitor.event('News').until('2026-12-20T00:00:00Z')
    expect(visitor.mails).toEqual(['2026-12-01T10:00 hello'])
    expect(visitor.actor.runs).toEqual([])
  })

  test('while the winner has a decision open, it takes over after that', () => {
    const { ana, visitor } = two()
    visitor.event('Order Refunded')
    ana.holdDecisions = true
    ana.event('Signed Up')
    merge(visitor, ana)
    expect(ana.actor.runs).toEqual([])
    ana.release()
    expect([ana.active, ana.paused]).toEqual(['returns:rest', ['welcome']])
  })

  test('while the loser has a decision open, it is taken first', () => {
    const { ana, visitor } = two()
    visitor.holdDecisions = true
    visitor.event('Product Viewed').leave(ana)
    expect(visitor.legacy).toBeNull()
    visitor.release()
    expect(visitor.legacy?.exported.runs).toMatchObject([{ journey: 'browse', status: 'paused' }])
  })

  test('what was triggered with its last batch is decided by the winner', () => {
    const { ana, visitor } = two()
    const viewed = visitor.item('Product Viewed')
    visitor.batch([
      viewed,
      { type: 'leave', seq: 2_999, receivedAtMs: visitor.nowMs, mergeId: 'm', into: 'ana' },
    ])
    expect(visitor.requests).toEqual([])
    ana.absorb(visitor)
    expect(ana.active).toBe('browse:rest')
  })

  test('at most three deep: what is worth least ends, never what is locked', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed').event('Order Refunded')
    ana.event('Signed Up').event('News')
    merge(visitor, ana)
    expect(ana.active).toBe('returns:rest')
    expect(ana.paused.toSorted()).toEqual(['news', 'welcome'])
    expect(ana.endings).toEqual(['browse: merged'])
  })

  test('a loser without an actor brings its stored events', () => {
    const { ana } = two()
    ana.event('Product Viewed')
    ana.batch([{ type: 'absorb', seq: 3_000, receivedAtMs: ana.nowMs, mergeId: 'm', from: {} }])
    expect(ana.actor.facts.counters['Product Viewed']?.total).toBe(1)
    expect(ana.actor.united).toBe('m')
  })
})

describe('a merge among other things', () => {
  test('consent given after it holds, also where a decision is open when both are heard', () => {
    const { ana, visitor } = two()
    visitor.consent(false).leave(ana)
    ana.holdDecisions = true
    ana.event('Signed Up').absorb(visitor)
    ana.consent(true).release()
    expect(ana.actor.consents).toEqual({ marketing: { email: true } })
  })

  test('hearing of it twice changes nothing', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed').leave(ana)
    const absorption = ana.absorption(visitor)
    const once = ana.batch([absorption]).actor
    ana.batch([absorption])
    expect(ana.actor.journeys).toEqual(once.journeys)
    expect(ana.actor.runs).toEqual(once.runs)
    expect(ana.actor.facts.counters).toEqual(once.facts.counters)
  })

  test('one who starts again while it hands over hands over the same', () => {
    const { ana, visitor } = two()
    visitor.event('Product Viewed').leave(ana)
    const { actor, legacy } = visitor
    expect(openEffects(actor, RULES, visitor.nowMs)).toEqual([])
    const { isHandedOver: _, ...leaving } = actor.leaving ?? { mergeId: '', into: '' }
    const before = { ...actor, leaving: { ...leaving, legacy: legacy ?? undefined } }
    expect(openEffects(before as CustomerState, RULES, visitor.nowMs)).toEqual([
      { type: 'handOver', legacy, record: null },
    ])
  })

  test('an exclusion in force holds, where the other one was still to come', () => {
    const { ana, visitor } = two()
    const fromMs = Date.parse('2026-12-05T00:00:00Z')
    ana.exclude('upset', { fromMs })
    visitor.exclude('upset')
    merge(visitor, ana)
    const [upset] = ana.actor.exclusions
    expect(upset).toMatchObject({ fromMs: Date.parse(START) })
    expect(upset?.awaited).toBeUndefined()
  })

  test('two exclusions of one case are one, and what is not needed any more is told so', () => {
    const { ana, visitor } = two()
    const complaint = complaints(ana, visitor)
    ana.event('Complaint')
    visitor.event('Complaint')
    merge(visitor, ana)
    const [ours, theirs] = [ana, visitor].map(({ records }) => records.flatMap(opened)[0])
    expect(ours).not.toBe(theirs)
    expect(ana.actor.exclusions).toMatchObject([{ rule: complaint, exclusionId: ours }])
    expect(ana.records.flatMap(({ exclusions = [] }) => exclusions)).toContainEqual(
      expect.objectContaining({
        exclusionId: theirs,
        closed: expect.objectContaining({ by: `merged into ${ours}` }) as unknown,
      }),
    )
    // What ends it for one customer ends it for the other.
    ana.event('Settled')
    expect(ana.actor.exclusions).toEqual([])
  })

  test('a journey for which both waited is waited for once', () => {
    const { ana, visitor } = two()
    for (const each of [ana, visitor]) each.event('Order Refunded').event('News')
    const waited = [...ana.actor.deferred, ...visitor.actor.deferred]
    merge(visitor, ana)
    expect(waited.map(({ rule }) => rule.journey)).toEqual(['news', 'news'])
    expect(ana.actor.deferred.map(({ rule }) => rule.journey)).toEqual(['news'])
  })

  test('nothing is decided between hearing of both and taking over what the other had', () => {
    const { ana, visitor } = two()
    visitor.event('Order Refunded').leave(ana)
    const before = ana.requests.length
    ana.absorb(visitor)
    expect(ana.requests.slice(before).map(({ cause }) => cause.type)).toEqual(['merged'])
  })

  test('the one that it became part of is named to operators', () => {
    const { ana, visitor } = two()
    visitor.leave(ana)
    expect(describeCustomer(visitor.actor, null)).toBe(
      'Has become part of customer ana. Ends when what it had under way has been told there.',
    )
  })
})
