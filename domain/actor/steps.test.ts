import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import type { MessageStep, Step, WaitStep } from '../journeys/step.ts'

/** Each step type where it stands: in a run, on the actor, with what happens around it. */

const START = '2026-12-01T10:00:00Z'
const end: Step = { type: 'exit' }
const say = (message: string, next = 'end'): MessageStep => ({ type: 'message', message, next })
const messages = { hello: mail('hello'), a: mail('a'), b: mail('b'), c: mail('c') }

const one = (steps: Record<string, Step>, parts: Partial<Journey> = {}): Journey =>
  journey('one', { start: 'first', steps: { ...steps, end }, messages, ...parts })

const play = (story: Journey, zone = 'UTC'): ActorPlayer =>
  new ActorPlayer([story], START, zone).reachable()

const said = (player: ActorPlayer): string[] => player.sent.map(({ message }) => message)

describe('message', () => {
  const urgent = (sendBy: string): Journey =>
    one({ first: { ...say('a'), sendBy, onFail: 'other' }, other: say('b') })

  test('that a provider takes no earlier than "sendBy" goes its failing way', () => {
    const player = play(urgent('PT6H'))
    player.answerSend = ({ message }) =>
      message === 'a'
        ? { type: 'retryAt', atMs: player.nowMs + 3 * 3_600_000, reason: 'away' }
        : { type: 'sent', atMs: player.nowMs, providerId: null }
    player.event('Signed Up').until('2026-12-02T10:00:00Z')
    expect(said(player)).toEqual(['b'])
    expect(
      player.records.flatMap(({ deliveries }) => deliveries.map(({ reason }) => reason)),
    ).toEqual(['too_late'])
  })

  test('whose instant has passed on arrival is not sent', () => {
    expect(said(play(urgent('2026-11-30T18:00:00Z')).event('Signed Up'))).toEqual(['b'])
  })

  test('that was to be tried again is dropped when its run ends', () => {
    const player = play(one({ first: say('a') }, { exit: [{ event: 'Order Refunded' }] }))
    player.answerSend = () => ({ type: 'retryAt', atMs: player.nowMs + 3_600_000, reason: 'away' })
    player.event('Signed Up').event('Order Refunded').until('2026-12-05T10:00:00Z')
    expect(player.sent).toEqual([])
    expect(player.records.flatMap(({ deliveries }) => deliveries)).toMatchObject([
      { message: 'a', channel: 'email', status: 'dropped', reason: 'run_ended' },
    ])
  })

  test('in time is sent once', () => {
    expect(said(play(urgent('2026-12-01T11:00:00Z')).event('Signed Up'))).toEqual(['a'])
  })
})

describe('wait', () => {
  const waits = (wait: Partial<WaitStep>): Journey =>
    one({ first: { type: 'wait', next: 'onward', ...wait }, onward: say('a') })

  test.each<[string, Partial<WaitStep>, string]>([
    ['until an instant', { until: '2026-12-24T18:00:00+01:00' }, '2026-12-24T17:00 a'],
    [
      'until an instant, then a time of day',
      { until: '2026-12-24T18:00:00Z', at: '09:00' },
      '2026-12-25T09:00 a',
    ],
    ['until a weekday, at the same time of day', { weekdays: ['friday'] }, '2026-12-04T10:00 a'],
    [
      'until one of several weekdays at a time',
      { weekdays: ['monday', 'thursday'], at: '09:00' },
      '2026-12-03T09:00 a',
    ],
    [
      'a duration, then on to a working day',
      { for: 'P4D', weekdays: ['monday', 'tuesday'], at: '09:00' },
      '2026-12-07T09:00 a',
    ],
    [
      'until a time in a zone of its own',
      { at: '09:00', zone: 'Asia/Tokyo' },
      '2026-12-02T00:00 a',
    ],
  ])('ends %s', (_, wait, mailed) => {
    const player = play(waits(wait)).event('Signed Up').until('2027-01-15T00:00:00Z')
    expect(player.mails).toEqual([mailed])
  })

  test('for an instant that has passed goes on at once', () => {
    expect(play(waits({ until: '2026-11-01T00:00:00Z' })).event('Signed Up').mails).toEqual([
      '2026-12-01T10:00 a',
    ])
  })
})

describe('row 11: local 09:00 on Monday over a change of clocks', () => {
  const story = one({
    first: { type: 'wait', weekdays: ['monday'], at: '09:00', next: 'onward' },
    onward: say('a', 'again'),
    again: { type: 'wait', for: 'P7D', at: '09:00', next: 'last' },
    last: say('b'),
  })

  test.each([
    ['Asia/Tokyo', '2027-03-26T12:00:00Z', ['2027-03-29T00:00 a', '2027-04-05T00:00 b']],
    ['America/Los_Angeles', '2027-03-12T20:00:00Z', ['2027-03-15T16:00 a', '2027-03-22T16:00 b']],
    ['America/Los_Angeles', '2026-10-23T20:00:00Z', ['2026-10-26T16:00 a', '2026-11-02T17:00 b']],
    ['Europe/Madrid', '2027-03-26T12:00:00Z', ['2027-03-29T07:00 a', '2027-04-05T07:00 b']],
    ['Europe/Madrid', '2026-10-17T12:00:00Z', ['2026-10-19T07:00 a', '2026-10-26T08:00 b']],
    ['Asia/Kathmandu', '2027-03-26T12:00:00Z', ['2027-03-29T03:15 a', '2027-04-05T03:15 b']],
    ['Australia/Lord_Howe', '2027-03-26T12:00:00Z', ['2027-03-28T22:00 a', '2027-04-04T22:30 b']],
  ])('in %s from %s', (zone, start, mails) => {
    const player = new ActorPlayer([story], start, zone).reachable()
    player.event('Signed Up').until('2027-06-01T00:00:00Z')
    expect(player.mails).toEqual(mails)
  })
})

describe('row 12: a wait for a date', () => {
  const renewal = one({
    first: {
      type: 'wait',
      date: 'renewal',
      offset: '-P7D',
      at: '09:00',
      next: 'remind',
      onMissing: 'ask',
      onPast: 'late',
    },
    remind: say('a'),
    ask: say('b'),
    late: say('c'),
  })
  const on = (renewalDate?: string, zone?: string): ActorPlayer => {
    const player = play(renewal, zone)
    if (renewalDate !== undefined) player.learn({ dates: { renewal: renewalDate } })
    return player.event('Signed Up')
  }

  test('ends at the local time, the offset before the date', () => {
    const player = on('2026-12-20', 'Europe/Madrid').until('2027-02-01T00:00:00Z')
    expect(player.mails).toEqual(['2026-12-13T08:00 a'])
  })

  test('that is missing goes its declared way', () => {
    expect(on().mails).toEqual(['2026-12-01T10:00 b'])
  })

  test('that has passed goes its declared way, and never sends what was meant for the date', () => {
    expect(on('2026-12-03').mails).toEqual(['2026-12-01T10:00 c'])
  })

  test('is re-armed when the date changes', () => {
    const later = on('2026-12-20').until('2026-12-05T00:00:00Z')
    later.learn({ dates: { renewal: '2027-01-20' } }).until('2027-02-01T00:00:00Z')
    expect(later.mails).toEqual(['2027-01-13T09:00 a'])
    const earlier = on('2026-12-20').until('2026-12-05T00:00:00Z')
    earlier.learn({ dates: { renewal: '2026-12-15' } }).until('2027-02-01T00:00:00Z')
    expect(earlier.mails).toEqual(['2026-12-08T09:00 a'])
  })

  test('goes its declared way when the date is moved into the past, or taken away', () => {
    const past = on('2026-12-20').until('2026-12-05T00:00:00Z')
    expect(past.learn({ dates: { renewal: '2026-12-06' } }).mails).toEqual(['2026-12-05T00:00 c'])
    const gone = on('2026-12-20').until('2026-12-05T00:00:00Z')
    expect(gone.learn({ dates: { renewal: null } }).mails).toEqual(['2026-12-05T00:00 b'])
  })

  test('is re-armed when the customer moves to another zone', () => {
    const player = on('2026-12-20', 'Europe/Madrid').learn({ zone: 'America/Los_Angeles' })
    expect(player.until('2027-02-01T00:00:00Z').mails).toEqual(['2026-12-13T17:00 a'])
  })
})

describe('waitFor', () => {
  const order = (id: string) => ({ properties: { order_id: id } })
  const either = one({
    first: {
      type: 'waitFor',
      events: [
        { event: 'Order Shipped', same: 'order_id', next: 'shipped' },
        { event: 'Order Cancelled', when: "event.properties.by == 'customer'", next: 'cancelled' },
        { event: 'Support Called' },
      ],
      within: 'P7D',
      next: 'called',
      onTimeout: 'end',
    },
    shipped: say('a'),
    cancelled: say('b'),
    called: say('c'),
  })

  test.each([
    ['the first', 'Order Shipped', order('o1'), ['a']],
    ['nothing by one of another order', 'Order Shipped', order('o2'), []],
    ['nothing by one without the property', 'Order Shipped', {}, []],
    [
      'the second where its condition holds',
      'Order Cancelled',
      { properties: { by: 'customer' } },
      ['b'],
    ],
    ['nothing where its condition does not', 'Order Cancelled', { properties: { by: 'shop' } }, []],
    ['the way of the step where the event has none', 'Support Called', {}, ['c']],
  ])('of several events is ended by %s', (_, name, options, mails) => {
    expect(said(play(either).event('Signed Up', order('o1')).event(name, options))).toEqual(mails)
  })

  const sinceEntry = one({
    first: { type: 'wait', for: 'P2D', next: 'onward' },
    onward: {
      type: 'waitFor',
      event: 'Product Viewed',
      when: 'event.properties.category == entry.properties.category',
      sinceEntry: true,
      within: 'P7D',
      next: 'seen',
      onTimeout: 'end',
    },
    seen: say('a'),
  })
  const tea = { properties: { category: 'tea' } }

  test('counts what happened since entry, and does not wait then', () => {
    const player = play(sinceEntry).event('Signed Up', tea).event('Product Viewed', tea)
    expect(said(player)).toEqual([])
    expect(player.until('2026-12-03T10:00:00Z').mails).toEqual(['2026-12-03T10:00 a'])
  })

  test('counts what came in the same batch, after the event that let the customer in', () => {
    const player = play(sinceEntry)
    player.batch([player.item('Signed Up', tea), player.item('Product Viewed', tea)])
    expect(player.until('2026-12-03T10:00:00Z').mails).toEqual(['2026-12-03T10:00 a'])
  })

  test('does not count what happened before entry, nor what does not match', () => {
    const player = play(sinceEntry).event('Product Viewed', tea).event('Signed Up', tea)
    player.event('Product Viewed', { properties: { category: 'cups' } })
    expect(said(player.until('2026-12-20T10:00:00Z'))).toEqual([])
    expect(player.endings).toEqual(['one: completed'])
  })
})

describe('split', () => {
  const halves = (salt?: string): Step => ({
    type: 'split',
    arms: [
      { id: 'left', weight: 50, next: 'left' },
      { id: 'right', weight: 50, next: 'right' },
    ],
    ...(salt === undefined ? {} : { salt }),
  })
  const story = (salt?: string) => one({ first: halves(salt), left: say('a'), right: say('b') })
  const armOf = (customerId: string, salt?: string): string | undefined => {
    const player = play(story(salt))
    player.actor = { ...player.actor, customerId }
    return said(player.event('Signed Up'))[0]
  }

  test('follows its weights over customers, and another salt splits them anew', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `customer-${index}`)
    const left = ids.filter((id) => armOf(id) === 'a')
    expect(left.length).toBeGreaterThan(440)
    expect(left.length).toBeLessThan(560)
    const both = left.filter((id) => armOf(id, 'another') === 'a').length
    expect(both / left.length).toBeGreaterThan(0.4)
    expect(both / left.length).toBeLessThan(0.6)
  })

  test('sends the same customer the same way again', () => {
    const player = play(story()).event('Signed Up').event('Signed Up').event('Signed Up')
    expect(new Set(said(player)).size).toBe(1)
    expect(said(player)).toHaveLength(3)
  })

  test('is named by what is sent on its way', () => {
    const tone: Step = { type: 'choose', variants: [{ id: 'warm', weight: 1, next: 'left' }] }
    const arm: Step = { type: 'split', arms: [{ id: 'only', weight: 100, next: 'tone' }] }
    const player = play(one({ first: arm, tone, left: say('a') })).event('Signed Up')
    expect(player.sent.map(({ variants }) => variants)).toEqual([['first:only', 'tone:warm']])
    const plain = play(one({ first: say('a') })).event('Signed Up')
    expect(plain.sent[0]).not.toHaveProperty('variants')
  })

  test('keeps the arm where weights change, and draws anew where it is gone', () => {
    const player = play(story()).event('Signed Up')
    const [mine] = said(player)
    const id = mine === 'a' ? 'left' : 'right'
    expect(player.actor.arms).toEqual({ 'one/first': id })
    const other = mine === 'a' ? 'right' : 'left'
    player.actor = { ...player.actor, arms: { 'one/first': other } }
    expect(said(player.event('Signed Up'))[1]).toBe(mine === 'a' ? 'b' : 'a')
    player.actor = { ...player.actor, arms: { 'one/first': 'middle' } }
    expect(said(player.event('Signed Up'))[2]).toBe(mine)
  })
})

describe('choose', () => {
  const story = one({
    first: {
      type: 'choose',
      variants: [
        { id: 'warm', weight: 80, next: 'warm', features: { tone: 'warm' } },
        { id: 'dry', weight: 20, next: 'dry' },
      ],
    },
    warm: say('a'),
    dry: say('b'),
  })

  test('picks anew at every visit, by weight, and notes the propensity', () => {
    const player = play(story)
    for (let times = 0; times < 300; times++) player.event('Signed Up')
    const warm = said(player).filter((message) => message === 'a').length
    expect(warm).toBeGreaterThan(210)
    expect(warm).toBeLessThan(270)
    const choices = player.records.flatMap(({ entries }) =>
      entries.filter(({ kind }) => kind === 'choice'),
    )
    expect(choices).toHaveLength(300)
    const chosen = choices.find(({ data }) => data['variant'] === 'warm')
    expect(chosen?.data).toMatchObject({
      step: 'first',
      propensity: 0.8,
      policy: 'weights',
      features: { tone: 'warm' },
    })
  })
})

describe('repeat', () => {
  const story = (whileHolds?: string) =>
    one({
      first: {
        type: 'repeat',
        times: 3,
        body: 'nudge',
        next: 'after',
        ...(whileHolds === undefined ? {} : { while: whileHolds }),
      },
      nudge: say('a', 'rest'),
      rest: { type: 'wait', for: 'P1D', next: 'first' },
      after: say('b'),
    })

  test('goes round so many times, then on', () => {
    const player = play(story()).event('Signed Up').until('2026-12-20T10:00:00Z')
    expect(said(player)).toEqual(['a', 'a', 'a', 'b'])
    expect(player.mails.at(-1)).toBe('2026-12-04T10:00 b')
  })

  test('ends as soon as its condition does not hold', () => {
    const player = play(story("count('Order Completed') == 0")).event('Signed Up')
    player.until('2026-12-02T12:00:00Z').event('Order Completed').until('2026-12-20T10:00:00Z')
    expect(said(player)).toEqual(['a', 'a', 'b'])
  })

  test('counts from the beginning when it is reached again', () => {
    const player = play(story()).event('Signed Up').until('2026-12-20T10:00:00Z')
    player.event('Signed Up').until('2027-01-20T10:00:00Z')
    expect(said(player)).toEqual(['a', 'a', 'a', 'b', 'a', 'a', 'a', 'b'])
  })
})
