import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { publishedTogether } from '../simulation.ts'
import { DefinitionError } from '../errors.ts'
import type { Journey } from '../journeys/journey.ts'
import type { Step } from '../journeys/step.ts'
import { handlerOf } from '../journeys/steps/index.ts'
import { advance } from './advance.ts'

const mail = (subject: string) => ({ email: { subject, html: subject } })

const journey = (key: string, parts: Partial<Journey>): Journey => ({
  key,
  class: 'marketing',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  start: 'hello',
  steps: {
    hello: { type: 'message', message: key, next: 'rest' },
    rest: { type: 'wait', for: 'P14D', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { [key]: mail(key) },
  ...parts,
})

const welcome = journey('welcome', {
  steps: {
    hello: { type: 'message', message: 'welcome', next: 'rest' },
    rest: { type: 'wait', for: 'P14D', next: 'bye' },
    bye: { type: 'message', message: 'bye', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { welcome: mail('Welcome'), bye: mail('Bye') },
  exit: [
    {
      event: 'Order Refunded',
      when: 'event.properties.order_id == entry.properties.order_id',
      reason: 'sent back',
    },
    { when: "customer.lifecycle == 'lost'", reason: 'gone' },
  ],
})
const second = journey('second', {
  arbitration: { mode: 'auto', value: 100 },
  entry: { on: [{ event: 'Order Completed' }] },
})
const returns = journey('returns', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
})
const birthday = journey('birthday', {
  arbitration: { mode: 'manual', rank: 500 },
  entry: { on: [{ event: 'Birthday' }], reentry: { mode: 'afterExit' } },
})

const START = '2026-12-01T10:00:00Z'
const play = (...journeys: Journey[]): ActorPlayer => new ActorPlayer(journeys, START).reachable()

describe('row 1: one effect per event', () => {
  test('a batch that is delivered again changes nothing', () => {
    const player = play(welcome)
    const item = player.item('Signed Up')
    player.batch([item], 3)
    const before = player.actor
    player.batch([item], 3).batch([item], 2)
    expect(player.actor).toEqual(before)
    expect(player.mails).toHaveLength(1)
  })

  test('a batch that comes too early waits for its number', () => {
    const player = play(welcome)
    player.batch([player.item('Signed Up')], 9)
    expect(player.actor.lastBatch).toBe(2)
    expect(player.mails).toEqual([])
  })
})

describe('row 2: late and imported events', () => {
  test('a trigger later than a day changes facts and starts nothing', () => {
    const player = play(welcome).event('Signed Up', { occurredAt: '2026-11-30T09:59:59Z' })
    expect(player.active).toBeNull()
    expect(player.actor.facts.counters['Signed Up']?.total).toBe(1)
  })

  test('an imported event changes facts and lifecycle, starts and sends nothing', () => {
    const player = play(welcome)
      .event('Order Completed', { historical: true, properties: { revenue: 20 } })
      .event('Signed Up', { historical: true })
    expect(player.decisions).toEqual([])
    expect(player.actor.lifecycle.state).toBe('occasional')
  })
})

describe('row 3: purchase on day 5 of the welcome flow', () => {
  test('welcome pauses with 9 days left, and goes on for 9 days when it resumes', () => {
    const player = play(welcome, second)
      .event('Signed Up')
      .until('2026-12-06T10:00:00Z')
      .event('Order Completed', { properties: { revenue: 30 } })
    expect(player.decisions.at(-1)?.replaced).toMatchObject({ fate: 'paused' })
    expect([player.active, player.paused]).toEqual(['second:rest', ['welcome']])
    player.until('2026-12-20T10:00:00Z')
    expect(player.active).toBe('welcome:rest')
    player.until('2026-12-29T09:59:00Z')
    expect(player.mails).toHaveLength(2)
    player.until('2026-12-29T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-29T10:00 bye')
  })

  test('welcome is abandoned where it says so', () => {
    const player = play({ ...welcome, onPreempt: 'abandon' }, second)
      .event('Signed Up')
      .until('2026-12-06T10:00:00Z')
      .event('Order Completed')
    expect([player.active, player.paused]).toEqual(['second:rest', []])
    expect(player.endings).toContain('welcome: preempted')
  })

  test('a paused run that is stale is abandoned', () => {
    const locked = {
      ...second,
      steps: { ...second.steps, rest: { type: 'wait', for: 'P30D', next: 'done' } satisfies Step },
    }
    const player = play({ ...welcome, staleAfter: 'P3D' }, locked)
      .event('Signed Up')
      .until('2026-12-06T10:00:00Z')
      .event('Order Completed')
      .until('2026-12-10T10:00:00Z')
    expect(player.endings).toEqual(['welcome: stale'])
  })
})

describe('row 4: return in the middle of a series', () => {
  test('the series of the returned order ends at once and the locked returns journey takes over', () => {
    const player = play(
      journey('enjoy', { ...welcome, key: 'enjoy', entry: { on: [{ event: 'Order Completed' }] } }),
      returns,
    )
      .event('Order Completed', { properties: { order_id: 'o1' } })
      .until('2026-12-03T10:00:00Z')
      .event('Order Refunded', { properties: { order_id: 'o1' } })
    expect(player.endings).toEqual(['enjoy: sent back'])
    expect(player.active).toBe('returns:rest')
  })

  test('the series of another order is only paused', () => {
    const player = play(
      journey('enjoy', { ...welcome, key: 'enjoy', entry: { on: [{ event: 'Order Completed' }] } }),
      returns,
    )
      .event('Order Completed', { properties: { order_id: 'o1' } })
      .event('Order Refunded', { properties: { order_id: 'o2' } })
    expect([player.endings, player.paused]).toEqual([[], ['enjoy']])
  })
})

describe('row 5: birthday while locked in returns', () => {
  test('is queued and starts when the lock ends', () => {
    const player = play(returns, birthday)
      .event('Order Refunded')
      .until('2026-12-02T10:00:00Z')
      .event('Birthday')
    expect(player.decisions.at(-1)).toMatchObject({
      outcome: 'queue',
      fates: [{ journey: 'birthday', fate: 'queue', gate: 'lock' }],
    })
    expect(player.actor.deferred).toHaveLength(1)
    player.until('2026-12-15T10:00:00Z')
    expect(player.active).toBe('birthday:rest')
    expect(player.actor.deferred).toEqual([])
  })

  test('leaves the queue when its time is up', () => {
    const player = play(returns, { ...birthday, queueFor: 'P2D' })
      .event('Order Refunded')
      .event('Birthday')
      .until('2026-12-15T10:00:00Z')
    expect([player.active, player.actor.deferred]).toEqual([null, []])
  })
})

describe('row 7: exit condition during a 30-day wait', () => {
  test('exits now', () => {
    const waiting = {
      ...welcome,
      steps: { ...welcome.steps, rest: { type: 'wait', for: 'P30D', next: 'bye' } satisfies Step },
    }
    const player = play({ ...waiting, entry: { on: [{ event: 'Order Completed' }] } })
      .event('Order Completed', { properties: { order_id: 'o1' } })
      .until('2026-12-08T12:00:00Z')
      .event('Order Refunded', { properties: { order_id: 'o1' } })
    expect(player.endings).toEqual(['welcome: sent back'])
  })

  test('an exit without an event is judged when the lifecycle changes by itself', () => {
    const long = {
      ...welcome,
      steps: { ...welcome.steps, rest: { type: 'wait', for: 'P400D', next: 'bye' } satisfies Step },
    }
    const player = play(long).event('Signed Up').until('2027-06-30T10:00:00Z')
    expect(player.endings).toEqual(['welcome: gone'])
    expect(player.actor.lifecycle).toMatchObject({ state: 'lost', previous: 'at_risk' })
  })
})

describe('row 8: two journeys qualify in one instant', () => {
  test('one winner by total order, the other rejected with its reason', () => {
    const rival = journey('rival', { arbitration: { mode: 'auto', value: 11 } })
    const player = play(welcome, rival).event('Signed Up')
    expect(player.active).toBe('rival:rest')
    expect(player.decisions).toHaveLength(1)
    expect(player.decisions[0]?.fates).toMatchObject([
      { journey: 'rival', fate: 'win' },
      { journey: 'welcome', fate: 'reject', gate: 'rank' },
    ])
  })

  test('two triggers in one batch are one decision', () => {
    const player = play(welcome, birthday)
    player.batch([player.item('Signed Up'), player.item('Birthday')])
    expect(player.decisions).toHaveLength(1)
    expect(player.active).toBe('birthday:rest')
  })

  test('a trigger whose own exit follows in the same batch does not start', () => {
    const enjoy = { ...welcome, entry: { on: [{ event: 'Order Completed' }] } }
    const player = play(enjoy)
    player.batch([
      player.item('Order Completed', { properties: { order_id: 'o1' } }),
      player.item('Order Refunded', { properties: { order_id: 'o1' } }),
    ])
    expect(player.decisions[0]?.fates).toMatchObject([
      { fate: 'reject', gate: 'exit', reason: 'sent back' },
    ])
    expect(player.mails).toEqual([])
  })
})

describe('row 10: consent withdrawn between decision and send', () => {
  test('a queued send is taken back and the run ends', () => {
    const player = play(welcome)
    player.holdSends = true
    player.event('Signed Up').consent(false).release()
    expect(player.mails).toEqual([])
    expect(player.endings).toEqual(['welcome: consent_withdrawn'])
  })

  test('a journey does not start when consent goes while the decision is open', () => {
    const player = play(welcome)
    player.holdDecisions = true
    player.event('Signed Up').consent(false).release()
    expect([player.active, player.mails]).toEqual([null, []])
  })
})

describe('while a decision is open', () => {
  test('batches collect and are applied in order afterwards', () => {
    const player = play(welcome, birthday)
    player.holdDecisions = true
    player.event('Signed Up').event('Birthday')
    expect([player.actor.lastBatch, player.actor.collected.length]).toEqual([3, 1])
    player.release()
    expect(player.decisions.map(({ outcome }) => outcome)).toEqual(['enter', 'switch'])
  })

  test('due instants wait and then fire at their own time', () => {
    const player = play(welcome, birthday).event('Signed Up').until('2026-12-15T09:00:00Z')
    player.holdDecisions = true
    player.event('Birthday').until('2026-12-15T12:00:00Z')
    expect(player.mails).toHaveLength(1)
    player.release()
    expect(player.active).toBe('birthday:rest')
    expect(player.paused).toEqual(['welcome'])
  })
})

describe('a paused run still hears', () => {
  const waiting = journey('waiting', {
    goal: { event: 'Subscribed', within: 'P60D', value: 'event.properties.price' },
    steps: {
      hello: {
        type: 'waitFor',
        event: 'Product Viewed',
        within: 'P10D',
        next: 'seen',
        onTimeout: 'unseen',
      },
      seen: { type: 'message', message: 'seen', next: 'done' },
      unseen: { type: 'message', message: 'unseen', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { seen: mail('Seen'), unseen: mail('Unseen') },
    staleAfter: 'P90D',
  })
  const paused = () =>
    play(waiting, birthday).event('Signed Up').until('2026-12-03T10:00:00Z').event('Birthday')

  test('an awaited event is remembered and taken at resume', () => {
    const player = paused().event('Product Viewed')
    expect(player.mails).toEqual(['2026-12-03T10:00 birthday'])
    player.until('2026-12-17T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-17T10:00 seen')
  })

  test('its time-out stands still', () => {
    const player = paused().until('2026-12-25T09:59:00Z')
    expect(player.mails).toHaveLength(1)
    player.until('2026-12-25T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-25T10:00 unseen')
  })

  test('its goal ends it', () => {
    const player = paused().event('Subscribed', { properties: { price: 9.99 } })
    expect(player.endings).toEqual(['waiting: goal'])
    expect(
      player.records.flatMap(({ runs }) => runs).find(({ endReason }) => endReason === 'goal')
        ?.goalValueMinor,
    ).toBe(999)
  })
})

describe('sends', () => {
  test('row 13: a provider that fails for an hour loses nobody', () => {
    const player = play(welcome)
    player.answerSend = ({ attempt }) =>
      attempt < 4
        ? { type: 'retryAt', atMs: player.nowMs + 1_800_000, reason: '421' }
        : { type: 'sent', atMs: player.nowMs, providerId: 'p' }
    player.event('Signed Up')
    expect(player.active).toBe('welcome:hello')
    player.until('2026-12-01T11:30:00Z')
    expect(player.mails).toEqual(['2026-12-01T11:30 welcome'])
    expect(player.active).toBe('welcome:rest')
  })

  test('each retry passes the gate again', () => {
    const player = play({ ...welcome, messages: { welcome: mail('Welcome'), bye: mail('Bye') } })
    player.answerSend = () => ({ type: 'retryAt', atMs: player.nowMs + 1_800_000, reason: '421' })
    player.event('Signed Up').consent(false).until('2026-12-02T11:00:00Z')
    expect(player.endings).toEqual(['welcome: consent_withdrawn'])
  })

  test('no address: the next channel; none left: the run goes on without the message', () => {
    const both = journey('both', {
      class: 'service',
      steps: {
        hello: { type: 'message', message: 'both', channels: ['email', 'webhook'], next: 'rest' },
        rest: { type: 'wait', for: 'P1D', next: 'done' },
        done: { type: 'exit' },
      },
      messages: {
        both: {
          email: { subject: 's', html: 'h' },
          webhook: { url: 'https://example.com', body: {} },
        },
      },
    })
    const player = new ActorPlayer([both], START).event('Signed Up')
    expect(player.sent.map(({ channel }) => channel)).toEqual(['webhook'])
    const refusing = new ActorPlayer([both], START)
    refusing.answerSend = () => ({ type: 'refused', reason: '410' })
    refusing.event('Signed Up')
    expect(refusing.active).toBe('both:rest')
  })

  test('a run switched away from in the middle of a send never sends twice', () => {
    const player = play(welcome, birthday)
    player.holdSends = true
    player.event('Signed Up')
    player.event('Birthday')
    player.release().until('2026-12-15T10:00:00Z')
    expect(player.mails.map((line) => line.split(' ')[1])).toEqual(['birthday', 'welcome'])
    expect(player.active).toBe('welcome:rest')
  })

  test('an outcome of another attempt changes nothing', () => {
    const player = play(welcome)
    player.holdSends = true
    player.event('Signed Up')
    const before = player.actor
    player.settle([
      {
        type: 'sendOutcome',
        deliveryId: 'c1.1.1.email',
        attempt: 7,
        outcome: { type: 'refused', reason: 'late' },
      },
    ])
    expect(player.actor).toEqual(before)
  })
})

describe('size', () => {
  test('an event that would make the actor larger than 256 KB starts nothing, with its reason', () => {
    const player = play(welcome).event('Signed Up', { properties: { note: 'x'.repeat(300_000) } })
    expect(player.decisions[0]?.fates).toMatchObject([
      {
        fate: 'reject',
        gate: 'entry',
        reason: 'With its event the actor would hold more than 256 KB.',
      },
    ])
    expect(JSON.stringify(player.actor).length).toBeLessThan(20_000)
    player.event('Signed Up')
    expect(player.active).toBe('welcome:rest')
  })
})

describe('faults', () => {
  test('a faulty definition exits the run and leaves the customer alone', () => {
    const faulty = journey('faulty', {
      steps: { hello: { type: 'branch', cases: [], else: 'nowhere' } },
    })
    const player = play(faulty).event('Signed Up').event('Order Completed')
    expect(player.endings).toEqual(['faulty: definition_error'])
    expect(player.actor.facts.counters['Order Completed']?.total).toBe(1)
  })

  test("a condition that fails on a customer's data is false, and counted under its place", () => {
    const picky = journey('picky', {
      entry: { on: [{ event: 'Signed Up', when: 'event.properties.missing > 3' }] },
    })
    const player = play(picky).event('Signed Up')
    expect(player.decisions).toEqual([])
    expect(player.records.flatMap(({ failures }) => failures)).toMatchObject([
      { journey: 'picky', version: 1, path: '/entry/on/0/when' },
    ])
  })
})

test('cancelled by an operator: every run ends with that reason', () => {
  const player = play(welcome, birthday).event('Signed Up').event('Birthday')
  player.settle([{ type: 'cancelled', reason: 'cancelled_by_operator' }])
  expect(player.endings).toEqual([
    'welcome: cancelled_by_operator',
    'birthday: cancelled_by_operator',
  ])
  expect([player.active, player.actor.deferred]).toEqual([null, []])
})

describe('what tests on the real engine brought up', () => {
  const faults: Record<string, Partial<Journey>> = {
    'a wait that is no duration': {
      steps: { hello: { type: 'wait', for: 'soon', next: 'done' }, done: { type: 'exit' } },
    },
    'a goal within no duration': { goal: { event: 'Order Completed', within: 'soon' } },
    'stale after no duration': { staleAfter: 'soon' },
    'a step that does not exist': { start: 'nowhere' },
  }
  test.each(Object.entries(faults))('%s ends the run, and the customer goes on', (_, fault) => {
    const player = play(journey('faulty', fault), birthday)
    player.event('Signed Up').event('Order Completed').event('Birthday')
    expect(player.endings).toEqual(['faulty: definition_error'])
    expect(player.active).toBe('birthday:rest')
  })

  test('a step of a type that nobody knows is a fault of the definition', () => {
    const step = { type: 'teleport', next: 'hello' } as unknown as Step
    expect(() => handlerOf(step)).toThrow(DefinitionError)
  })

  test('what had not been handled when an operator cancelled is kept for the actor afterwards', () => {
    const player = play(welcome, birthday)
    player.holdDecisions = true
    player.event('Signed Up').event('Birthday')
    player.settle([{ type: 'cancelled', reason: 'cancelled_by_operator' }])
    expect(player.actor.collected).toHaveLength(1)
    expect(player.actor).toMatchObject({ pending: null, arbitration: null, runs: [], lastBatch: 3 })
    player.settle([])
    expect(player.actor).toMatchObject({ collected: [], lastBatch: 4 })
  })

  test('the last turn of a cancelled actor leaves a snapshot, whatever else happens in it', () => {
    const player = play(welcome)
    player.holdSends = true
    const { actor } = player.event('Signed Up')
    const rules = publishedTogether([welcome])
    const { effects, actor: last } = advance(
      actor,
      { book: rules.book, definitions: rules.definitions },
      [{ type: 'cancelled', reason: 'cancelled_by_operator' }],
      player.nowMs,
    )
    expect(effects.find(({ type }) => type === 'record')).toMatchObject({ snapshot: last })
  })
})
