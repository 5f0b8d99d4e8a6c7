import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { ContactRules } from '../contact/policy.ts'
import type { Journey } from '../journeys/journey.ts'

/** What contact rules do to a run and its messages, as its events tell it. */

const NIGHT: Partial<ContactRules> = {
  quietHours: [{ from: '22:00', until: '08:00', spread: 'PT1S' }],
}
/** Mails `hello` at once, waits three days, mails `bye`. */
const welcome = journey('welcome', {
  steps: {
    hello: { type: 'message', message: 'hello', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'bye' },
    bye: { type: 'message', message: 'bye', next: 'done' },
    done: { type: 'exit' },
  },
})
const twoChannels: Journey = journey('both', {
  steps: {
    hello: { type: 'message', message: 'hello', next: 'end', onFail: 'failed' },
    end: { type: 'exit' },
    failed: { type: 'exit', reason: 'failed' },
  },
  messages: { hello: { ...mail('hello'), webhook: { url: 'https://x.example/', body: {} } } },
})
const greeting = (parts: Partial<Journey> = {}): Journey =>
  journey('greet', {
    steps: {
      hello: { type: 'message', message: 'hello', next: 'sent', onFail: 'unsent' },
      sent: { type: 'exit', reason: 'sent' },
      unsent: { type: 'exit', reason: 'unsent' },
    },
    messages: { hello: mail('hello') },
    ...parts,
  })

const START = '2026-12-01T10:00:00Z'
const player = (journeys: readonly Journey[], rules: Partial<ContactRules> = {}, at = START) =>
  new ActorPlayer(journeys, at, 'Europe/London').govern(rules).reachable()
const channels = ({ sent }: ActorPlayer) => sent.map(({ channel }) => channel)

describe('row 6: a complaint opened in the middle of a wait', () => {
  test('holds the next marketing message and nothing else, and releases it on close', () => {
    const story = player([welcome]).event('Signed Up').until('2026-12-02T10:00:00Z')
    story.exclude('complaint open').until('2026-12-04T12:00:00Z')
    expect(story.active).toBe('welcome:bye')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello'])
    expect(story.keptBack).toEqual(['bye held: excluded:complaint open'])
    story.closeExclusion('complaint open')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-04T12:00 bye'])
    expect(story.active).toBeNull()
  })

  test('leaves a service message alone', () => {
    const story = player([{ ...welcome, class: 'service' }]).event('Signed Up')
    story.exclude('complaint open').until('2026-12-05T00:00:00Z')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-04T10:00 bye'])
  })

  test('that ends by itself releases it then', () => {
    const story = player([welcome]).event('Signed Up')
    story.exclude('upset', { untilMs: Date.parse('2026-12-04T18:00:00Z') })
    expect(story.until('2026-12-05T00:00:00Z').mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-04T18:00 bye',
    ])
  })

  test('that stays open for three days drops the message, and the run goes on', () => {
    const story = player([welcome]).event('Signed Up').exclude('complaint open')
    story.until('2026-12-07T10:00:00Z')
    expect(story.active).toBeNull()
    expect(story.keptBack).toEqual(['bye held: excluded:complaint open', 'bye dropped: too_late'])
    expect(story.endings).toEqual(['welcome: completed'])
  })
})

describe('row 6: a complaint opened with a send queued', () => {
  test('takes it back, holds it, and releases it on close', () => {
    const story = player([welcome])
    story.holdSends = true
    story.event('Signed Up').exclude('complaint open')
    expect(story.held).toEqual([])
    story.holdSends = false
    story.until('2026-12-02T10:00:00Z')
    expect(story.mails).toEqual([])
    expect(story.closeExclusion('complaint open').mails).toEqual(['2026-12-02T10:00 hello'])
  })

  test('keeps everybody out whose messages it would all hold, and nobody else', () => {
    const service = greeting({ key: 'service', class: 'service' })
    const open = (journeys: readonly Journey[]) =>
      player(journeys).exclude('complaint open').event('Signed Up')
    const gates = (story: ActorPlayer) =>
      story.decisions.flatMap(({ fates }) => fates.map(({ journey: key, gate }) => [key, gate]))
    expect(gates(open([welcome]))).toEqual([['welcome', 'excluded']])
    expect(gates(open([service]))).toEqual([['service', null]])
  })
})

describe('quiet hours', () => {
  const late = '2026-12-01T22:30:00Z'

  test('hold a message until the morning, where the customer lives', () => {
    const story = player([welcome], NIGHT, late).event('Signed Up')
    expect(story.active).toBe('welcome:hello')
    expect(story.keptBack).toEqual(['hello held: quiet_hours'])
    expect(story.until('2026-12-02T09:00:00Z').mails).toEqual(['2026-12-02T08:00 hello'])
    // What follows counts from there.
    expect(story.until('2026-12-05T09:00:00Z').mails).toHaveLength(2)
  })

  test('at the end of which the whole gate judges again', () => {
    const story = player([welcome], NIGHT, late).event('Signed Up')
    story.until('2026-12-02T07:00:00Z').exclude('complaint open')
    expect(story.until('2026-12-02T12:00:00Z').mails).toEqual([])
    expect(story.keptBack.at(-1)).toBe('hello held: excluded:complaint open')
  })

  test('are those of the new zone once the customer has moved', () => {
    const story = player([welcome], NIGHT, late).event('Signed Up')
    story.learn({ zone: 'America/Los_Angeles' })
    expect(story.mails).toEqual(['2026-12-01T22:30 hello'])
  })

  test('hold a message no longer than its step allows', () => {
    const urgent = greeting({
      steps: {
        hello: {
          type: 'message',
          message: 'hello',
          sendBy: 'PT2H',
          next: 'sent',
          onFail: 'unsent',
        },
        sent: { type: 'exit', reason: 'sent' },
        unsent: { type: 'exit', reason: 'unsent' },
      },
    })
    const story = player([urgent], NIGHT, late).event('Signed Up').until('2026-12-02T00:29:59Z')
    expect(story.active).toBe('greet:hello')
    story.until('2026-12-02T00:30:00Z')
    expect(story.keptBack.at(-1)).toBe('hello dropped: too_late')
    expect(story.endings).toEqual(['greet: unsent'])
  })

  const monday = journey('monday', {
    start: 'rest',
    steps: {
      rest: { type: 'wait', weekdays: ['monday'], at: '09:00', next: 'hello' },
      hello: { type: 'message', message: 'hello', next: 'end' },
      end: { type: 'exit' },
    },
    messages: { hello: mail('hello') },
  })
  const LONG_NIGHT = { quietHours: [{ from: '22:00', until: '10:00', spread: 'PT1S' }] }

  // Madrid's clocks go back on the Sunday before.
  test.each([
    ['Asia/Tokyo', '2026-10-26T01:00'],
    ['Asia/Kathmandu', '2026-10-26T04:15'],
    ['America/Los_Angeles', '2026-10-26T17:00'],
    ['Europe/Madrid', '2026-10-26T09:00'],
    ['Australia/Lord_Howe', '2026-10-25T23:00'],
  ])('hold a mail of Monday 09:00 in %s until 10:00 there', (zone, expected) => {
    const story = new ActorPlayer([monday], '2026-10-24T00:00:00Z', zone)
    story.govern(LONG_NIGHT).reachable().event('Signed Up').until('2026-10-27T00:00:00Z')
    expect(story.mails).toEqual([`${expected} hello`])
  })

  test('and waits are those of the policy’s zone, and stricter, where nobody knows the customer’s', () => {
    const story = new ActorPlayer([monday], '2026-10-24T00:00:00Z')
    story
      .govern({ ...LONG_NIGHT, zone: 'Asia/Tokyo' })
      .reachable()
      .event('Signed Up')
    expect(story.actor.runs[0]?.wait).toMatchObject({ dueAtMs: Date.parse('2026-10-26T00:00:00Z') })
    expect(story.until('2026-10-27T00:00:00Z').mails).toEqual(['2026-10-26T03:00 hello'])
  })

  test.each([
    ['Asia/Tokyo', '2027-03-27T14:30:00Z', '2027-03-27T23:00'],
    ['America/Los_Angeles', '2027-03-14T07:30:00Z', '2027-03-14T15:00'],
    ['America/Los_Angeles', '2026-11-01T06:30:00Z', '2026-11-01T16:00'],
    ['Europe/Madrid', '2027-03-27T22:30:00Z', '2027-03-28T06:00'],
    ['Europe/Madrid', '2026-10-24T21:30:00Z', '2026-10-25T07:00'],
    ['Asia/Kathmandu', '2027-03-27T17:45:00Z', '2027-03-28T02:15'],
    ['Australia/Lord_Howe', '2027-04-03T12:30:00Z', '2027-04-03T21:30'],
  ])('row 11: in the night of a change of clocks, a mail of %s from %s', (zone, from, at) => {
    const story = new ActorPlayer([welcome], from, zone)
    story.govern(NIGHT).reachable().event('Signed Up')
    const dayLater = new Date(Date.parse(from) + 86_400_000).toISOString()
    expect(story.until(dayLater).mails).toEqual([`${at} hello`])
  })
})

describe('a policy published while runs hold messages', () => {
  test('judges them under the new one, as soon as the actor hears of it', () => {
    const story = player([welcome], NIGHT, '2026-12-01T22:30:00Z').event('Signed Up')
    story.govern({ quietHours: [] }).event('Anything')
    expect(story.mails).toEqual(['2026-12-01T22:30 hello'])
  })

  test('takes back what it forbids', () => {
    const story = player([welcome], {}, '2026-12-01T22:30:00Z')
    story.holdSends = true
    story.event('Signed Up').govern(NIGHT).learn({ known: true })
    expect(story.held).toEqual([])
    expect(story.keptBack).toEqual(['hello held: quiet_hours'])
  })

  test('is loaded when a send says so, and the send judged again, once', () => {
    const story = player([greeting()])
    let tries = 0
    story.answerSend = ({ policy }) => {
      tries++
      return policy === 'policy-3'
        ? { type: 'sent', atMs: story.nowMs, providerId: null }
        : { type: 'stale', bookHash: 'book-3' }
    }
    story.holdSends = true
    story.event('Signed Up').govern({}).release()
    expect(tries).toBe(2)
    expect(story.mails).toEqual(['2026-12-01T10:00 hello'])
  })

  test('that a send goes on calling old is not asked for in a ring', () => {
    const story = player([greeting()])
    let tries = 0
    story.answerSend = () => {
      tries++
      return { type: 'stale', bookHash: 'book-2' }
    }
    story.event('Signed Up')
    expect(tries).toBe(1)
    story.until('2026-12-01T10:01:00Z')
    expect(tries).toBe(2)
  })
})

describe('row 9: a cap', () => {
  const once = (onCap?: 'skip' | 'hold' | 'otherChannel'): Partial<ContactRules> => ({
    caps: [{ name: 'one', max: 1, window: 'P7D', ...(onCap === undefined ? {} : { onCap }) }],
  })

  test('of 1 and many qualifying events at once: exactly one send', () => {
    const journeys = Array.from({ length: 8 }, (_, n) => greeting({ key: `greet-${n}` }))
    const story = player(journeys, once())
    const items = Array.from({ length: 50 }, () => story.item('Signed Up'))
    story.batch(items.slice(0, 20))
    for (const item of items.slice(20)) story.batch([item])
    story.until('2026-12-05T00:00:00Z')
    expect(story.mails).toHaveLength(1)
    expect(story.keptBack.length).toBeGreaterThan(0)
    expect(new Set(story.keptBack)).toEqual(new Set(['hello skipped: cap:one']))
  })

  test('is full while the message is on its way, also that of a run that has ended', () => {
    const story = player([welcome, greeting({ entry: { on: [{ event: 'Birthday' }] } })], once())
    story.holdSends = true
    story.event('Signed Up')
    const [begun] = story.held.splice(0)
    story.batch([story.exit('welcome')])
    story.holdSends = false
    story.event('Birthday')
    expect(story.mails).toEqual([])
    // The outcome is settled though nobody waits for it.
    story.tell(begun, { type: 'refused', reason: 'smtp_550' })
    expect(story.actor.contacts).toEqual([])
  })

  test('that holds lets go when the oldest message leaves its window', () => {
    const story = player([welcome], {
      caps: [{ name: 'one', max: 1, window: 'P5D', onCap: 'hold' }],
    })
    story.event('Signed Up').until('2026-12-10T00:00:00Z')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-06T10:00 bye'])
  })

  test('that is full sends to another channel, and skips where that is full too', () => {
    const mails: Partial<ContactRules> = {
      caps: [
        { name: 'mail', max: 1, window: 'P7D', channels: ['email'], onCap: 'otherChannel' },
        { name: 'all', max: 2, window: 'P7D' },
      ],
    }
    const story = player([twoChannels], mails).consent(true, 'webhook')
    for (let n = 0; n < 3; n++) story.event('Signed Up')
    expect(channels(story)).toEqual(['email', 'webhook'])
    expect(story.keptBack).toEqual(['hello skipped: cap:all'])
    expect(story.actor.contacts.map(({ channel }) => channel)).toEqual(['email', 'webhook'])
  })

  test('of a channel without another one skips', () => {
    const story = player([greeting()], once('otherChannel'))
    story.event('Signed Up').event('Signed Up')
    expect(story.keptBack).toEqual(['hello skipped: email: cap:one'])
    expect(story.endings).toEqual(['greet: sent', 'greet: unsent'])
  })

  test('is asked what the step says first', () => {
    const patient = greeting({
      steps: {
        hello: { type: 'message', message: 'hello', onCap: 'hold', next: 'sent' },
        sent: { type: 'exit' },
      },
    })
    const story = player([patient], { caps: [{ name: 'one', max: 1, window: 'P1D' }] })
    story.event('Signed Up').event('Signed Up').until('2026-12-03T00:00:00Z')
    expect(story.mails).toEqual(['2026-12-01T10:00 hello', '2026-12-02T10:00 hello'])
  })

  test.each(['refused', 'dropped', 'withdrawn', 'held', 'parked'] as const)(
    'has room again after a try that ended as %s',
    (type) => {
      const story = player([greeting()], once())
      story.answerSend = () => ({ type, reason: 'x', untilMs: null })
      story.holdSends = true
      story.event('Signed Up')
      const [begun] = story.held.splice(0)
      story.tell(begun, { type, reason: 'x', untilMs: null })
      const open = story.actor.contacts.filter(({ key }) => key === 'c1.1.1.email')
      expect(open).toHaveLength(type === 'withdrawn' ? 1 : 0)
    },
  )

  test('counts what nobody knows of', () => {
    const story = player([greeting()], once())
    story.answerSend = () => ({ type: 'unknown', reason: 'died_in_conversation' })
    story.event('Signed Up').event('Signed Up')
    expect(story.keptBack).toEqual(['hello skipped: cap:one'])
  })

  test('keeps nobody out of a journey', () => {
    const story = player([greeting()], once()).event('Signed Up').event('Signed Up')
    expect(story.decisions.map(({ outcome }) => outcome)).toEqual(['enter', 'enter'])
  })
})

describe('the matrix', () => {
  const GROUPS: ContactRules['groups'] = [
    { name: 'vip', when: "customer.traits.tier == 'gold'" },
    { name: 'others' },
  ]
  const govern = (action: ContactRules['matrix'][number]['do']) => ({
    groups: GROUPS,
    matrix: [{ groups: ['others'], classes: ['marketing'] as const, do: action }],
  })

  test('keeps everybody out whose messages it would all hold', () => {
    const story = player([welcome], govern('hold')).event('Signed Up')
    expect(story.decisions.flatMap(({ fates }) => fates.map(({ gate }) => gate))).toEqual([
      'matrix',
    ])
  })

  test('replaces a message, and the send says by which', () => {
    const story = player([greeting()], govern({ replace: 'short' })).event('Signed Up')
    expect(story.sent).toMatchObject([{ message: 'hello', instead: 'short', group: 'others' }])
    expect(story.actor.contacts).toMatchObject([{ channel: 'email', journey: 'greet' }])
  })

  test('drops, which makes a journey unreachable', () => {
    const story = player([greeting()], govern('drop')).event('Signed Up')
    expect(story.decisions.flatMap(({ fates }) => fates)).toMatchObject([
      { gate: 'reachable', reason: expect.stringContaining('(email: matrix') as string },
    ])
  })

  test('holds a message of a run that is inside, and lets it go for a customer of another group', () => {
    const story = player([welcome], {}).event('Signed Up')
    story.govern(govern('hold')).learn({ known: true }).until('2026-12-04T12:00:00Z')
    expect(story.keptBack).toEqual(['bye held: matrix:others'])
    story.learn({ traits: { tier: 'gold' } })
    expect(story.mails.at(-1)).toBe('2026-12-04T12:00 bye')
  })

  test('the group stands on the customer’s page, and is written when it changes', () => {
    const story = player([], govern('send'))
    expect(story.records.at(-1)?.page.group).toBe('others')
    story.learn({ traits: { tier: 'gold' } })
    expect(story.records.at(-1)?.page.group).toBe('vip')
    const count = story.records.length
    story.learn({ has: { phone: true } })
    expect(story.records).toHaveLength(count)
  })

  test('a condition that fails on a customer is false, and counted', () => {
    const groups = [{ name: 'odd', when: 'customer.traits.tier > 3' }, { name: 'others' }]
    const story = player([], { groups }).learn({ traits: { tier: 'gold' } })
    expect(story.records.at(-1)?.page.group).toBe('others')
    expect(story.records.flatMap(({ failures }) => failures)).toContainEqual(
      expect.objectContaining({ journey: 'contact-policy', path: '/groups/0/when' }),
    )
  })

  test('a condition that fails on a customer again and again has nothing written for it alone', () => {
    const story = player([welcome], {
      groups: [{ name: 'gold', when: "customer.traits.tier == 'gold'" }],
      exclusions: [{ name: 'press', while: 'customer.traits.press == true' }],
    })
    const before = story.records.length
    story.batch([story.item('Product Viewed'), story.item('Product Viewed')])
    expect(story.records).toHaveLength(before)
    story.event('Signed Up')
    expect(story.records[before]?.failures.map(({ path }) => path).toSorted()).toEqual([
      '/exclusions/0/while',
      '/groups/0/when',
    ])
  })
})

describe('row 10: consent withdrawn between decision and send', () => {
  test('while quiet hours hold it: not sent, and the run is over', () => {
    const story = player([welcome], NIGHT, '2026-12-01T22:30:00Z').event('Signed Up')
    story.consent(false).until('2026-12-02T12:00:00Z')
    expect(story.mails).toEqual([])
    expect(story.endings).toEqual(['welcome: consent_withdrawn'])
    expect(story.keptBack.at(-1)).toBe('hello dropped: run_ended')
  })

  test('on one of two channels: the held message goes out on the other', () => {
    const story = player([twoChannels], NIGHT, '2026-12-01T22:30:00Z').consent(true, 'webhook')
    story.event('Signed Up').consent(false).until('2026-12-02T12:00:00Z')
    expect(channels(story)).toEqual(['webhook'])
  })
})

describe('a send that was stopped outside the actor', () => {
  function stopped(): ActorPlayer {
    const story = player([welcome])
    story.answerSend = () => ({ type: 'parked', reason: 'stopped' })
    story.event('Signed Up')
    story.answerSend = () => ({ type: 'sent', atMs: story.nowMs, providerId: null })
    return story
  }

  test('waits for its release, whatever happens, and nothing advances past it', () => {
    const story = stopped()
    story.event('Anything').exclude('upset').closeExclusion('upset').until('2026-12-02T10:00:00Z')
    expect(story.active).toBe('welcome:hello')
    expect(story.mails).toEqual([])
    expect(story.resumeSends().mails).toEqual(['2026-12-02T10:00 hello'])
  })

  test('is judged by the whole gate when it is released', () => {
    const story = stopped().exclude('upset').resumeSends()
    expect(story.keptBack).toEqual(['hello held: excluded:upset'])
  })

  test('is dropped when it is released days after its time', () => {
    const story = stopped().until('2026-12-08T10:00:00Z').resumeSends()
    expect(story.mails).toEqual([])
    expect(story.keptBack).toEqual(['hello dropped: too_late'])
  })

  test('ends with the address that it would go to', () => {
    const story = stopped().learn({ has: { email: false } })
    expect(story.keptBack).toEqual(['hello dropped: email: no_address'])
    expect(story.active).toBe('welcome:rest')
  })
})

describe('a message that its activity holds for what the actor has not heard yet', () => {
  test('is judged again when the actor has heard it, and not before', () => {
    const story = player([greeting()])
    let tries = 0
    story.answerSend = () => {
      tries++
      return tries === 1
        ? { type: 'held', untilMs: null, reason: 'excluded:complaint open' }
        : { type: 'sent', atMs: story.nowMs, providerId: null }
    }
    story.event('Signed Up').until('2026-12-01T12:00:00Z')
    expect(tries).toBe(1)
    story.exclude('complaint open')
    expect(tries).toBe(1)
    story.closeExclusion('complaint open')
    expect(tries).toBe(2)
  })
})

describe('a message that its activity holds from day to day', () => {
  const tomorrow = (story: ActorPlayer) => ({
    type: 'held' as const,
    untilMs: story.nowMs + 86_400_000,
    reason: 'warm_up:news.example.com',
  })

  test('is dropped when its time is up, and not tried over and over from then on', () => {
    const story = player([greeting()])
    let tries = 0
    story.answerSend = () => {
      if (++tries > 10) throw new Error('The message is tried over and over.')
      return tomorrow(story)
    }
    story.event('Signed Up').until('2026-12-20T10:00:00Z')
    expect(story.keptBack).toEqual(['hello dropped: too_late'])
    expect(story.endings).toEqual(['greet: unsent'])
    expect(story.actor.contacts).toEqual([])
  })

  test('is dropped when its run goes on, where its time was up while that was paused', () => {
    const returns = journey('returns', {
      class: 'service',
      arbitration: { mode: 'manual', rank: 900 },
      entry: { on: [{ event: 'Order Refunded' }] },
    })
    const story = player([greeting({ staleAfter: 'P60D' }), returns])
    story.holdSends = true
    story.event('Signed Up')
    const [sending] = story.held.splice(0)
    story.event('Order Refunded').until('2026-12-05T10:00:00Z').tell(sending, tomorrow(story))
    expect([story.paused, story.keptBack]).toEqual([['greet'], ['hello dropped: too_late']])
    story.release().until('2026-12-20T10:00:00Z')
    expect(story.endings).toEqual(['returns: completed', 'greet: unsent'])
  })
})

describe('a paused run', () => {
  test('keeps its held message, and is judged when it resumes', () => {
    const returns = journey('returns', {
      class: 'service',
      arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
      entry: { on: [{ event: 'Order Refunded' }] },
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'PT12H', next: 'end' }, end: { type: 'exit' } },
      messages: {},
    })
    const story = player([welcome, returns], NIGHT, '2026-12-01T22:30:00Z').event('Signed Up')
    story.event('Order Refunded').until('2026-12-02T10:00:00Z')
    expect(story.paused).toEqual(['welcome'])
    expect(story.mails).toEqual([])
    expect(story.until('2026-12-02T11:00:00Z').mails).toEqual(['2026-12-02T10:30 hello'])
  })
})
