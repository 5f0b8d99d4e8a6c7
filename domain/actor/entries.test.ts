import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { DateTrigger, EndTrigger, Journey } from '../journeys/journey.ts'
import type { Step } from '../journeys/step.ts'
import { AUDIENCE_EVENT, REQUEST_EVENT } from '../journeys/requested-entry.ts'
import { publishedTogether } from '../simulation.ts'

const START = '2026-12-01T10:00:00Z'

/** Mails its key and is over. */
const brief = (key: string, parts: Partial<Journey>): Journey =>
  journey(key, {
    steps: {
      hello: { type: 'message', message: 'hello', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { hello: mail(key) },
    ...parts,
  })
const dated = (trigger: Partial<DateTrigger> = {}, parts: Partial<Journey> = {}): Journey =>
  brief('dated', {
    entry: { on: [{ date: 'trialEnds', ...trigger }], reentry: { mode: 'afterExit' } },
    ...parts,
  })
const after = (trigger: EndTrigger, key = 'after'): Journey =>
  brief(key, { entry: { on: [trigger], reentry: { mode: 'afterExit' } } })
const play = (journeys: Journey[], zone = 'UTC'): ActorPlayer =>
  new ActorPlayer(journeys, START, zone).reachable()
const sentAt = (player: ActorPlayer): string[] => player.mails.map((line) => line.slice(0, 16))

describe('row 12: a journey that is entered on a date', () => {
  const trialEnds = (date: string | null) => ({ dates: { trialEnds: date } })

  test('starts at that instant on the customer’s own clock', () => {
    const player = play([dated({ offset: '-P2D', at: '08:30' })], 'Asia/Tokyo')
    player.learn(trialEnds('2026-12-20'))
    expect(player.until('2026-12-17T23:29:59Z').mails).toEqual([])
    expect(sentAt(player.until('2026-12-17T23:30:00Z'))).toEqual(['2026-12-17T23:30'])
  })

  test('says which trait, which date and why', () => {
    const player = play([dated({ offset: '-P2D' })])
      .learn(trialEnds('2026-12-20'))
      .until('2026-12-19T00:00:00Z')
    expect(player.decisions).toHaveLength(1)
    expect(player.records.flatMap(({ entries }) => entries)).toContainEqual(
      expect.objectContaining({ summary: 'entered dated@1 on Date Reached' }),
    )
    expect(player.sent[0]).toMatchObject({
      entry: { name: 'Date Reached', properties: { trait: 'trialEnds', date: '2026-12-20' } },
    })
  })

  test('missing: nobody enters, and nothing is waited for', () => {
    const player = play([dated()])
    expect(player.until('2027-12-31T00:00:00Z').mails).toEqual([])
    expect(player.actor.dates).toEqual({
      'dated/0': { dueAtMs: null, occurrence: null, fired: null },
    })
  })

  test.each(['2026-11-30', '2026-12-01', '2026-12-01T10:00:00.000Z'])(
    'past when it became known (%s): nobody enters',
    (date) => {
      const player = play([dated()]).learn(trialEnds(date)).until('2027-12-31T00:00:00Z')
      expect(player.mails).toEqual([])
    },
  )

  test('later today: it is not past yet', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-01T10:00:00.001Z'))
    expect(sentAt(player.until('2026-12-02T00:00:00Z'))).toEqual(['2026-12-01T10:00'])
  })

  test('changed while waiting: the new date counts, sooner or later', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-20')).until('2026-12-05T00:00:00Z')
    player.learn(trialEnds('2026-12-10')).until('2026-12-08T00:00:00Z')
    player.learn(trialEnds('2026-12-24')).until('2027-02-01T00:00:00Z')
    expect(sentAt(player)).toEqual(['2026-12-24T09:00'])
  })

  test('changed into the past while waiting: nobody enters', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-20')).until('2026-12-05T00:00:00Z')
    expect(player.learn(trialEnds('2026-12-04')).until('2027-02-01T00:00:00Z').mails).toEqual([])
  })

  test('taken away while waiting: nobody enters; given again: armed again', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-20')).learn(trialEnds(null))
    expect(player.until('2026-12-21T00:00:00Z').mails).toEqual([])
    player.learn(trialEnds('2026-12-24'))
    expect(sentAt(player.until('2027-02-01T00:00:00Z'))).toEqual(['2026-12-24T09:00'])
  })

  test('the trigger’s own condition is judged at the instant', () => {
    const plain = dated({ when: "customer.traits.plan == 'pro'" })
    const player = play([plain])
      .learn(trialEnds('2026-12-20'))
      .learn({ traits: { plan: 'free' } })
    expect(player.until('2026-12-21T00:00:00Z').mails).toEqual([])
    expect(player.decisions).toEqual([])
    player.learn({ ...trialEnds('2026-12-24'), traits: { plan: 'pro' } })
    expect(player.until('2026-12-25T00:00:00Z').mails).toHaveLength(1)
  })

  test('after it fired, the next change arms it anew, the same date does not', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-20')).until('2026-12-21T00:00:00Z')
    player.learn(trialEnds('2026-12-20')).learn(trialEnds('2027-01-20'))
    expect(sentAt(player.until('2027-03-01T00:00:00Z'))).toEqual([
      '2026-12-20T09:00',
      '2027-01-20T09:00',
    ])
  })

  describe('a change of zone', () => {
    test('moves what is still to come', () => {
      const player = play([dated()], 'UTC').learn(trialEnds('2026-12-20'))
      player.until('2026-12-05T00:00:00Z').learn({ zone: 'America/Los_Angeles' })
      expect(sentAt(player.until('2027-01-01T00:00:00Z'))).toEqual(['2026-12-20T17:00'])
    })

    test.each([
      ['once', '2026-12-20', {}],
      ['every year', '2026-12-20', { yearly: true } as const],
      ['an instant, at a local time', '2026-12-20T12:00:00.000Z', { at: '09:00' }],
      [
        'an instant on another day over there',
        '2026-12-20T02:00:00.000Z',
        { at: '23:00', yearly: true } as const,
      ],
    ])('to the west of where it fired does not fire it twice: %s', (_what, date, trigger) => {
      const player = play([dated(trigger)], 'Asia/Tokyo').learn(trialEnds(date))
      player.until('2026-12-20T14:30:00Z').learn({ zone: 'America/Los_Angeles' })
      expect(player.until('2027-06-01T00:00:00Z').mails).toHaveLength(1)
    })
  })

  test('a yearly one comes back each year, and on 28 February where there is no 29th', () => {
    const birthday = dated({ date: 'birthday', yearly: true })
    const player = play([birthday]).learn({ dates: { birthday: '--02-29' } })
    expect(sentAt(player.until('2029-01-01T00:00:00Z'))).toEqual([
      '2027-02-28T09:00',
      '2028-02-29T09:00',
    ])
    expect(player.sent[0]).toMatchObject({ entry: { properties: { date: '--02-29' } } })
  })

  test('other events do not arm it anew', () => {
    const player = play([dated(), journey('welcome')]).learn(trialEnds('2026-12-20'))
    const { dates } = player.actor
    expect(player.event('Signed Up').until('2026-12-05T00:00:00Z').actor.dates).toBe(dates)
  })

  test('what fell due while nobody was there is not lost when rules change at the same time', () => {
    const player = play([dated()]).learn(trialEnds('2026-12-20'))
    const published = publishedTogether([dated()])
    // The worker comes back an hour late: first thing, the actor meets a new book.
    player.nowMs = Date.parse('2026-12-20T10:00:00Z')
    player.publish({ ...published, book: { ...published.book, hash: 'next' } })
    player.learn({ has: { phone: true } })
    expect(player.until('2026-12-21T00:00:00Z').mails).toHaveLength(1)
  })

  test('a new version is armed at once, one that is closed lets nobody in', () => {
    const player = play([journey('welcome')])
    const published = publishedTogether([dated(), journey('welcome')])
    player.publish({ ...published, book: { ...published.book, hash: 'next' } })
    player.learn(trialEnds('2026-12-20'))
    expect(player.actor.dates['dated/0']?.dueAtMs).toBe(Date.parse('2026-12-20T09:00:00Z'))
    const without = publishedTogether([journey('welcome')])
    player.publish({ ...without, book: { ...without.book, hash: 'last' } }).learn({ known: true })
    expect(player.actor.dates).toEqual({})
    expect(player.until('2027-01-01T00:00:00Z').mails).toEqual([])
  })

  test('two triggers of one journey fire each in its turn', () => {
    const twice = brief('twice', {
      entry: {
        on: [{ date: 'trialEnds', offset: '-P3D' }, { date: 'trialEnds' }],
        reentry: { mode: 'afterExit' },
      },
    })
    const player = play([twice]).learn(trialEnds('2026-12-20'))
    expect(sentAt(player.until('2027-01-01T00:00:00Z'))).toEqual([
      '2026-12-17T09:00',
      '2026-12-20T09:00',
    ])
  })

  test('row 8: two that are due in one instant are decided about together, whatever they are called', () => {
    const least = dated({}, { key: 'a', arbitration: { mode: 'auto', value: 1 } })
    const most = dated({}, { key: 'b', arbitration: { mode: 'auto', value: 9 } })
    const player = play([least, most]).learn(trialEnds('2026-12-20')).until('2026-12-20T09:00:00Z')
    expect(player.decisions[0]).toMatchObject({ winner: expect.stringMatching(/^b@1:/) })
    expect(player.decisions[0]?.fates.map(({ journey: key, fate }) => [key, fate])).toEqual([
      ['b', 'win'],
      ['a', 'reject'],
    ])
  })

  test('of a trait that another journey sets after its message', () => {
    const renewal = journey('renewal', {
      steps: {
        hello: { type: 'message', message: 'hello', next: 'set' },
        set: { type: 'update', set: { trialEnds: '2026-12-20' }, next: 'done' },
        done: { type: 'exit' },
      },
    })
    const player = play([dated(), renewal]).event('Signed Up')
    expect(player.actor.dates['dated/0']?.dueAtMs).toBe(Date.parse('2026-12-20T09:00:00Z'))
  })

  test('a run counts what came between its date and its beginning', () => {
    const counts = dated(
      {},
      {
        start: 'seen',
        steps: {
          seen: {
            type: 'waitFor',
            event: 'Product Viewed',
            sinceEntry: true,
            within: 'P7D',
            next: 'hello',
            onTimeout: 'done',
          },
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
      },
    )
    const player = play([counts]).learn(trialEnds('2026-12-20'))
    // The worker comes back a minute late: the event is there before the timer has rung.
    player.nowMs = Date.parse('2026-12-20T09:01:00Z')
    expect(player.event('Product Viewed').mails).toHaveLength(1)
  })
})

describe('a journey that is entered on the end of another', () => {
  test('starts at that end, with its reason', () => {
    const player = play([journey('welcome'), after({ ended: 'welcome' })]).event('Signed Up')
    player.until('2026-12-15T10:00:00Z')
    expect(player.sent.at(-1)).toMatchObject({
      journey: 'after',
      entry: {
        name: 'Journey Ended',
        properties: { journey: 'welcome', version: 1, reason: 'completed' },
      },
    })
  })

  test('only for the reasons that it names', () => {
    const journeys = [
      journey('welcome', { exit: [{ event: 'Left', reason: 'left' }] }),
      after({ ended: 'welcome', reasons: ['left'] }, 'sorry'),
      after({ ended: 'welcome', reasons: ['completed'] }, 'thanks'),
    ]
    const player = play(journeys).event('Signed Up').event('Left')
    expect(player.sent.map((each) => each.journey)).toEqual(['welcome', 'sorry'])
  })

  test('of a run that another journey took the place of', () => {
    const journeys = [
      journey('welcome', { onPreempt: 'abandon' }),
      brief('offer', {
        arbitration: { mode: 'manual', rank: 5 },
        entry: { on: [{ event: 'Offer' }] },
      }),
      after({ ended: 'welcome', reasons: ['preempted'] }),
    ]
    const player = play(journeys).event('Signed Up').event('Offer')
    // It is asked about, and loses to the journey that took over.
    expect(player.decisions.at(-1)?.fates).toMatchObject([{ journey: 'after', gate: 'manual' }])
  })

  test('of a run that ended while a decision was open', () => {
    const other = journey('other', { entry: { on: [{ event: 'Other' }] } })
    const player = play([journey('welcome'), other, after({ ended: 'welcome' })]).event('Signed Up')
    player.holdDecisions = true
    player.event('Other').consent(false).release()
    expect(player.endings).toEqual(['welcome: consent_withdrawn'])
    expect(player.decisions.at(-1)?.fates.map((fate) => fate.journey)).toEqual(['after'])
  })

  test('not when its version was stopped, unless that is the reason asked for', () => {
    const asked = after({ ended: 'welcome', reasons: ['version_stopped'] })
    for (const [follower, starts] of [
      [after({ ended: 'welcome' }), false],
      [asked, true],
    ] as const) {
      const player = play([journey('welcome'), follower]).event('Signed Up')
      player.batch([
        {
          type: 'exit',
          seq: 99,
          receivedAtMs: player.nowMs,
          journey: 'welcome',
          reason: 'version_stopped',
        },
      ])
      expect(player.endings[0]).toBe('welcome: version_stopped')
      expect(player.decisions.some(({ winner }) => winner?.startsWith('after') === true)).toBe(
        starts,
      )
    }
  })

  test('not when an operator cancels the actor', () => {
    const player = play([journey('welcome'), after({ ended: 'welcome' })]).event('Signed Up')
    player.settle([{ type: 'cancelled', reason: 'cancelled_by_operator' }])
    expect(player.actor).toMatchObject({ runs: [], pending: null, arbitration: null })
  })

  test('a ring of journeys without a rest comes to an end', () => {
    const empty: Record<string, Step> = { hello: { type: 'exit' } }
    const ring = (key: string, ended: string) =>
      brief(key, {
        entry: { on: [{ ended }, { event: key }], reentry: { mode: 'afterExit' } },
        steps: empty,
      })
    const player = play([ring('ping', 'pong'), ring('pong', 'ping')]).event('ping')
    expect(player.decisions.length).toBeGreaterThan(2)
    expect(player.decisions.length).toBeLessThan(20)
    expect(player.actor.runs).toEqual([])
    const notes = player.records.flatMap(({ entries }) => entries.map(({ summary }) => summary))
    expect(notes.at(-1)).toContain('not started: journeys in a ring')
  })

  test('a ring with a rest goes on', () => {
    const ring = (key: string, ended: string) =>
      journey(key, { entry: { on: [{ ended }, { event: key }], reentry: { mode: 'afterExit' } } })
    const player = play([ring('ping', 'pong'), ring('pong', 'ping')]).event('ping')
    player.until('2027-12-01T00:00:00Z')
    expect(player.decisions.length).toBeGreaterThan(20)
  })
})

describe('a journey that is entered on request', () => {
  const asked = brief('asked', {
    entry: {
      on: [{ api: true, when: "event.properties.code != 'no'" }],
      reentry: { mode: 'perKey', property: 'code' },
    },
  })
  const other = brief('other', { entry: { on: [{ api: true }], reentry: { mode: 'afterExit' } } })
  const request = (player: ActorPlayer, name: string, code: string) =>
    player.event(REQUEST_EVENT, { properties: { journey: name, code } })

  test('is the one that the request names, and no other', () => {
    const player = request(play([asked, other]), 'asked', 'a')
    expect(player.sent.map((each) => each.journey)).toEqual(['asked'])
    expect(player.decisions.flatMap(({ fates }) => fates.map((fate) => fate.journey))).toEqual([
      'asked',
    ])
  })

  test('its own condition and its re-entry see what the request says', () => {
    const player = play([asked])
    for (const code of ['no', 'a', 'a', 'b']) request(player, 'asked', code)
    expect(player.sent).toHaveLength(2)
    expect(player.decisions.map(({ outcome }) => outcome)).toEqual(['enter', 'reject', 'enter'])
  })
})

describe('a window of validity', () => {
  const valid = { from: '2026-12-05T00:00:00Z', until: '2026-12-24T00:00:00+01:00' }
  const season = (parts: Partial<Journey> = {}) => journey('season', { valid, ...parts })
  const fates = (player: ActorPlayer) =>
    player.decisions.map(({ fates: [fate] }) => [fate?.fate, fate?.gate])

  test.each([
    ['before it', '2026-12-04T23:59:59.999Z', ['reject', 'live']],
    ['from its first instant on', '2026-12-05T00:00:00Z', ['win', null]],
    ['until just before its end', '2026-12-23T22:59:59.999Z', ['win', null]],
    ['at its end no more', '2026-12-23T23:00:00Z', ['reject', 'live']],
  ])('%s', (_when, instant, fate) => {
    expect(fates(play([season()]).until(instant).event('Signed Up'))).toEqual([fate])
  })

  test('the reason names it', () => {
    const player = play([season()]).event('Signed Up')
    expect(player.decisions[0]?.fates[0]?.reason).toBe(
      'It runs from 2026-12-05T00:00:00Z until 2026-12-24T00:00:00+01:00 only.',
    )
  })

  test('whoever is inside goes on after its end', () => {
    const player = play([season()]).until('2026-12-20T00:00:00Z').event('Signed Up')
    expect(player.until('2027-01-05T00:00:00Z').endings).toEqual(['season: completed'])
  })

  test('whoever waits in the queue does not start after its end', () => {
    const lock = { mode: 'manual', rank: 900, lock: 'journey' } as const
    const locked = journey('locked', {
      arbitration: lock,
      entry: { on: [{ event: 'Order Refunded' }] },
    })
    const queued = season({ arbitration: { mode: 'manual', rank: 1 }, queueFor: 'P30D' })
    const player = play([locked, queued]).until('2026-12-20T00:00:00Z')
    player.event('Order Refunded').event('Signed Up')
    expect(player.actor.deferred).toHaveLength(1)
    expect(player.until('2027-01-05T00:00:00Z').actor.deferred).toEqual([])
    expect(player.active).toBeNull()
  })

  test('a paused run that would be resumed after its end is over', () => {
    const strong = brief('strong', {
      arbitration: { mode: 'manual', rank: 5 },
      entry: { on: [{ event: 'Strong' }] },
      steps: { hello: { type: 'wait', for: 'P5D', next: 'done' }, done: { type: 'exit' } },
    })
    const player = play([season(), strong]).until('2026-12-20T00:00:00Z')
    player.event('Signed Up').event('Strong')
    expect(player.paused).toEqual(['season'])
    expect(player.until('2026-12-26T00:00:00Z').endings).toEqual([
      'strong: completed',
      'season: no_longer_valid',
    ])
  })
})

describe('a stopped version', () => {
  const stop = (player: ActorPlayer, journeys: Journey[], stopped: string[]) => {
    const published = publishedTogether(journeys)
    return player.publish({ ...published, book: { ...published.book, hash: 'stop', stopped } })
  }

  test('is left as soon as the actor hears of it', () => {
    const player = play([journey('welcome')]).event('Signed Up')
    stop(player, [journey('welcome')], ['welcome']).learn({ known: true })
    expect(player.endings).toEqual(['welcome: version_stopped'])
  })

  test('leaves others as they are', () => {
    const player = play([journey('welcome')]).event('Signed Up')
    stop(player, [journey('welcome')], ['another']).learn({ known: true })
    expect(player.active).toBe('welcome:rest')
  })

  test('does not start, even where it won', () => {
    const player = play([journey('welcome')])
    stop(player, [journey('welcome')], ['welcome']).event('Signed Up')
    expect(player.decisions.map(({ outcome }) => outcome)).toEqual(['enter'])
    expect(player.actor.runs).toEqual([])
  })
})

test('an exit of one version leaves runs of others', () => {
  const player = play([journey('welcome')]).event('Signed Up')
  const leave = (seq: number, version: number) =>
    player.batch([
      {
        type: 'exit',
        seq,
        receivedAtMs: player.nowMs,
        journey: 'welcome',
        version,
        reason: 'closed',
      },
    ])
  expect(leave(100, 2).active).toBe('welcome:rest')
  expect(leave(101, 1).endings).toEqual(['welcome: closed'])
})

test('a version whose window cannot be read takes nobody, and the customer goes on', () => {
  const [faulty, sound] = [
    brief('faulty', { valid: { until: 'soon' } }),
    brief('sound', { arbitration: { mode: 'auto', value: 1 } }),
  ]
  const player = play([faulty, sound]).event('Signed Up')
  expect(player.endings).toEqual(['sound: completed'])
})

describe('where an event comes from', () => {
  test('decides who enters, which way the run takes, and when it ends', () => {
    const inStore = journey('in-store', {
      entry: {
        on: [{ event: 'Product Viewed', when: "event.source in ['store', 'app']" }],
        reentry: { mode: 'afterExit' },
      },
      exit: [{ event: 'Order Completed', when: "event.channel == 'till_1'", reason: 'bought' }],
      start: 'where',
      steps: {
        where: {
          type: 'branch',
          cases: [{ when: "entry.source == 'store'", next: 'rest' }],
          else: 'done',
        },
        rest: { type: 'wait', for: 'P3D', next: 'done' },
        done: { type: 'exit' },
      },
    })
    const view = (source?: string) => ({ touchpoint: source === undefined ? {} : { source } })
    const player = play([inStore]).event('Product Viewed').event('Product Viewed', view('web'))
    expect(player.actor.journeys).toEqual({})
    player.event('Product Viewed', view('app'))
    expect(player.actor.runs).toEqual([])
    player.event('Product Viewed', view('store'))
    expect(player.actor.runs).toMatchObject([{ step: 'rest', entry: { source: 'store' } }])
    player.event('Order Completed', { touchpoint: { source: 'pos', channel: 'till_2' } })
    expect(player.actor.runs).toHaveLength(1)
    player.event('Order Completed', { touchpoint: { source: 'pos', channel: 'till_1' } })
    expect(player.actor.runs).toEqual([])
  })
})

describe('a journey that an audience enters', () => {
  const sale = (key: string, parts: Partial<Journey> = {}): Journey =>
    brief(key, { entry: { on: [], audience: { key: 'buyers' } }, ...parts })
  const reached = (player: ActorPlayer, journeyKey: string): ActorPlayer =>
    player.event(AUDIENCE_EVENT, {
      properties: { journey: journeyKey, audience: 'buyers', run: 'r1' },
    })

  test('is a candidate for whom the event names it, once in a life', () => {
    const player = play([sale('sale'), sale('other')])
    expect(reached(player, 'sale').mails).toHaveLength(1)
    expect(reached(player, 'sale').mails).toHaveLength(1)
    expect(player.decisions.map(({ outcome }) => outcome)).toEqual(['enter', 'reject'])
  })

  test('is let in by nothing that only looks like it', () => {
    const player = play([sale('sale')])
    expect(player.event(REQUEST_EVENT, { properties: { journey: 'sale' } }).mails).toEqual([])
    expect(reached(player, 'another').mails).toEqual([])
  })

  test('asks the entry condition like any other', () => {
    const entry = { on: [], audience: { key: 'buyers' }, when: "count('Order Completed') > 0" }
    const player = play([sale('sale', { entry })])
    expect(reached(player, 'sale').mails).toEqual([])
    player.event('Order Completed')
    expect(reached(player, 'sale').mails).toHaveLength(1)
  })
})
