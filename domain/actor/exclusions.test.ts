import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { contactOf } from '../../test/support/contact.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { ExclusionRule } from '../contact/policy.ts'
import { expandPreset } from '../contact/presets.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import { publishedAs } from '../simulation.ts'
import { CLOSINGS_MAX, EXCLUSIONS_MAX } from './customer-state.ts'
import type { BatchItem } from './inputs.ts'
import { describeCustomer, operatorView } from './operator-view.ts'

const START = '2026-12-01T10:00:00Z'
const complaint = expandPreset({ preset: 'complaintOpen' })

function rulesOf(exclusions: readonly ExclusionRule[], journeys: readonly Journey[] = []) {
  const versions = journeys.map((each) => ({
    journey: each,
    version: 1,
    hash: each.key,
    live: true,
  }))
  const published = publishedAs(versions, {
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: contactOf(...exclusions),
  })
  return { ...published, book: { ...published.book, hash: JSON.stringify(exclusions) } }
}

const playerWith = (exclusions: readonly ExclusionRule[], journeys: readonly Journey[] = []) =>
  new ActorPlayer(journeys, START).publish(rulesOf(exclusions, journeys)).reachable()

/** Id and end of what is open, and from when where that is still to come. */
const openOf = ({ actor, nowMs }: ActorPlayer): string[] =>
  actor.exclusions
    .map(({ exclusionId, fromMs, untilMs }) => {
      const until = untilMs === null ? 'closed' : new Date(untilMs).toISOString().slice(0, 16)
      const from = fromMs > nowMs ? ` from ${new Date(fromMs).toISOString().slice(0, 16)}` : ''
      return `${exclusionId}${from} until ${until}`
    })
    .toSorted()

const notes = ({ records }: ActorPlayer): string[] =>
  records.flatMap(({ entries }) =>
    entries.filter(({ kind }) => kind === 'exclusion').map(({ summary }) => summary),
  )

const about = (id: string) => ({ properties: { complaint_id: id } })

describe('opened and closed by events', () => {
  test('a case is open from its opening to its closing', () => {
    const player = playerWith([complaint]).event('Complaint Opened', about('c1'))
    expect(openOf(player)).toEqual(['complaintOpen:c1 until closed'])
    player.until('2026-12-05T10:00:00Z').event('Complaint Closed', about('c1'))
    expect(openOf(player)).toEqual([])
    expect(notes(player)).toEqual(['excluded: complaintOpen', 'no longer excluded: complaintOpen'])
    expect(player.records.flatMap(({ exclusions = [] }) => exclusions)).toEqual([
      {
        exclusionId: 'complaintOpen:c1',
        rule: 'complaintOpen',
        reason: 'complaintOpen',
        scope: { classes: ['marketing'] },
        source: 'event Complaint Opened',
        sinceMs: Date.parse(START),
        fromMs: Date.parse(START),
        untilMs: null,
        closed: null,
      },
      expect.objectContaining({
        exclusionId: 'complaintOpen:c1',
        closed: { atMs: Date.parse('2026-12-05T10:00:00Z'), by: 'Complaint Closed' },
      }),
    ])
  })

  test('cases are told apart, and one that is open is not opened twice', () => {
    const player = playerWith([complaint])
      .event('Complaint Opened', about('c1'))
      .event('Complaint Opened', about('c2'))
      .event('Complaint Opened', about('c1'))
      .event('Complaint Closed', about('c2'))
    expect(openOf(player)).toEqual(['complaintOpen:c1 until closed'])
    expect(notes(player)).toHaveLength(3)
  })

  test('a rule without cases has one, whatever its events say', () => {
    const player = playerWith([
      { name: 'dispute', open: [{ event: 'Dispute Begun' }], close: [{ event: 'Dispute Over' }] },
    ])
    player.event('Dispute Begun').event('Dispute Begun')
    expect(openOf(player)).toHaveLength(1)
    expect(openOf(player.event('Dispute Over'))).toEqual([])
  })

  test('of two cases that turn out to be one, one goes on, and its end ends it', () => {
    const ofCase = (id: string) => ({ properties: { case: id } })
    const player = playerWith([expandPreset({ preset: 'caseOpen' })])
      .event('Case Opened', ofCase('c1'))
      .event('Case Opened', ofCase('c2'))
      .event('Case Joined', ofCase('c2'))
    expect(openOf(player)).toEqual(['caseOpen:c1 until closed'])
    player.event('Case Resolved', ofCase('c1'))
    expect(openOf(player)).toEqual([])
  })

  test('a condition sees where the event came from', () => {
    const player = playerWith([
      {
        name: 'loud',
        open: [{ event: 'Complaint Opened', when: "event.source == 'call_centre'" }],
      },
    ])
    player.event('Complaint Opened').event('Complaint Opened', { touchpoint: { source: 'web' } })
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', { touchpoint: { source: 'call_centre' } })
    expect(openOf(player)).toHaveLength(1)
  })

  test('a condition sees the event and the customer as the event left them', () => {
    const player = playerWith([
      {
        name: 'loud',
        open: [
          {
            event: 'Complaint Opened',
            when: "event.properties.severity > 2 && count('Complaint Opened') > 1",
          },
        ],
      },
    ])
    player.event('Complaint Opened', { properties: { severity: 3 } })
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', { properties: { severity: 1 } })
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', { properties: { severity: 3 } })
    expect(openOf(player)).toHaveLength(1)
  })

  test('one that ends by itself ends, and opening it again puts the end off', () => {
    const player = playerWith([{ ...complaint, for: 'P7D' }])
      .event('Complaint Opened', about('c1'))
      .until('2026-12-03T10:00:00Z')
      .event('Complaint Opened', about('c1'))
    expect(openOf(player)).toEqual(['complaintOpen:c1 until 2026-12-10T10:00'])
    expect(openOf(player.until('2026-12-10T09:59:00Z'))).toHaveLength(1)
    expect(openOf(player.until('2026-12-10T10:00:00Z'))).toEqual([])
    expect(player.records.at(-1)?.exclusions?.[0]?.closed).toEqual({
      atMs: Date.parse('2026-12-10T10:00:00Z'),
      by: 'time',
    })
  })

  test('an import opens nothing and closes nothing', () => {
    const player = playerWith([complaint]).event('Complaint Opened', {
      ...about('c1'),
      historical: true,
    })
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', about('c2'))
    player.event('Complaint Closed', { ...about('c2'), historical: true })
    expect(openOf(player)).toHaveLength(1)
  })
})

describe('in any order of arrival', () => {
  test('an opening whose closing is known already stays closed', () => {
    const player = playerWith([complaint])
      .event('Complaint Closed', { ...about('c1'), occurredAt: '2026-12-01T09:30:00Z' })
      .event('Complaint Opened', { ...about('c1'), occurredAt: '2026-11-20T09:00:00Z' })
    expect(openOf(player)).toEqual([])
  })

  test('a late closing does not close what was opened after it', () => {
    const player = playerWith([complaint])
      .event('Complaint Opened', about('c1'))
      .event('Complaint Closed', { ...about('c1'), occurredAt: '2026-11-20T09:00:00Z' })
    expect(openOf(player)).toHaveLength(1)
  })

  test('of one instant the closing counts', () => {
    for (const names of [
      ['Complaint Opened', 'Complaint Closed'],
      ['Complaint Closed', 'Complaint Opened'],
    ]) {
      const player = playerWith([complaint])
      for (const name of names) player.event(name, about('c1'))
      expect(openOf(player)).toEqual([])
    }
  })

  test('what would have ended before it is heard of opens nothing', () => {
    const player = playerWith([{ ...complaint, for: 'P7D' }]).event('Complaint Opened', {
      ...about('c1'),
      occurredAt: '2026-11-20T10:00:00Z',
    })
    expect(openOf(player)).toEqual([])
    expect(notes(player)).toEqual([])
  })

  test('a day of delay, after which no journey starts any more, forbids as ever', () => {
    const player = playerWith([complaint]).event('Complaint Opened', {
      ...about('c1'),
      occurredAt: '2026-11-20T10:00:00Z',
    })
    expect(openOf(player)).toEqual(['complaintOpen:c1 until closed'])
  })

  test('what somebody closed by hand is not opened by what had happened before', () => {
    const player = playerWith([complaint]).event('Complaint Opened', about('c1'))
    player.until('2026-12-02T10:00:00Z').batch([closeByHand(player, 'complaintOpen:c1')])
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', { ...about('c1'), occurredAt: '2026-12-02T09:00:00Z' })
    expect(openOf(player)).toEqual([])
    player.until('2026-12-02T11:00:00Z').event('Complaint Opened', about('c1'))
    expect(openOf(player)).toHaveLength(1)
  })
})

let seq = 1_000
const closeByHand = ({ nowMs }: ActorPlayer, exclusionId: string): BatchItem => ({
  type: 'exclusion',
  seq: ++seq,
  receivedAtMs: nowMs,
  change: 'close',
  exclusionId,
})
const openByHand = ({ nowMs }: ActorPlayer, exclusionId: string, untilMs: number | null) => ({
  type: 'exclusion' as const,
  seq: ++seq,
  receivedAtMs: nowMs,
  change: 'open' as const,
  exclusion: {
    exclusionId,
    rule: null,
    reason: 'a reporter',
    scope: {},
    source: 'press office',
    sinceMs: nowMs,
    fromMs: nowMs,
    untilMs,
  },
})

describe('ready-made rules', () => {
  test('answerLate: in force from the promised instant, unless it was answered before', () => {
    const promised = (id: string) => ({
      properties: { complaint_id: id, answer_due_at: '2026-12-03T12:00:00+02:00' },
    })
    const player = playerWith([expandPreset({ preset: 'answerLate' })])
      .event('Complaint Opened', promised('c1'))
      .event('Complaint Opened', promised('c2'))
    expect(openOf(player)).toEqual([
      'answerLate:c1 from 2026-12-03T10:00 until closed',
      'answerLate:c2 from 2026-12-03T10:00 until closed',
    ])
    player.event('Complaint Answered', about('c1')).until('2026-12-03T10:00:00Z')
    expect(notes(player)).toEqual([
      'excluded from 2026-12-03T10:00:00.000Z on, unless it is closed: answerLate',
      'excluded from 2026-12-03T10:00:00.000Z on, unless it is closed: answerLate',
      'closed before it excluded: answerLate',
      'excluded: answerLate',
    ])
    expect(openOf(player.event('Complaint Closed', about('c2')))).toEqual([])
  })

  test('answerLate: two days where nothing was promised, and complaining again puts nothing off', () => {
    const player = playerWith([expandPreset({ preset: 'answerLate' })])
      .event('Complaint Opened', about('c1'))
      .until('2026-12-02T10:00:00Z')
      .event('Complaint Opened', about('c1'))
    expect(openOf(player)).toEqual(['answerLate:c1 from 2026-12-03T10:00 until closed'])
  })

  test('tooManyCalls: the fourth call about one case, until the first is a week old', () => {
    const call = (id: string) => ({ properties: { case_id: id } })
    const player = playerWith([expandPreset({ preset: 'tooManyCalls' })])
    for (const day of ['01', '02', '03'])
      player
        .until(`2026-12-${day}T12:00:00Z`)
        .event('Call Received', call('a'))
        .event('Call Received', call('b'))
    expect(openOf(player)).toEqual([])
    player.until('2026-12-04T12:00:00Z').event('Call Received', call('a'))
    expect(openOf(player)).toEqual(['tooManyCalls:a until 2026-12-08T12:00'])
    player.until('2026-12-05T12:00:00Z').event('Call Received', call('a'))
    expect(openOf(player)).toEqual(['tooManyCalls:a until 2026-12-09T12:00'])
    expect(openOf(player.until('2026-12-09T12:00:00Z'))).toEqual([])
  })

  test('unusuallyManyCalls: opens nothing before the population was counted', () => {
    const rule = expandPreset({ preset: 'unusuallyManyCalls' })
    const player = playerWith([rule])
    for (let calls = 0; calls < 20; calls++) player.event('Call Received')
    expect(openOf(player)).toEqual([])
    const counted: ExclusionRule = {
      ...rule,
      beyond: { window: 'P30D', deviations: 3, max: 20 },
    }
    player
      .publish(rulesOf([counted]))
      .until('2026-12-02T10:00:00Z')
      .event('Call Received')
    expect(openOf(player)).toEqual(['unusuallyManyCalls:23 until 2026-12-31T10:00'])
  })

  test('upset: as long as the strength is above the threshold', () => {
    const mood = (intensity: number) => ({ properties: { intensity } })
    const player = playerWith([expandPreset({ preset: 'upset' })])
      .event('Mood Recorded', mood(0.3))
      .event('Mood Recorded', mood(0.6))
    // One half-life from 0.6 to 0.3.
    expect(player.actor.exclusions.map(({ untilMs }) => untilMs)).toEqual([
      Date.parse('2026-12-04T10:00:00Z'),
    ])
    player.event('Mood Recorded', mood(1))
    // log2(1 / 0.3) half-lives of three days, to the second.
    expect(player.actor.exclusions.map(({ untilMs }) => untilMs)).toEqual([
      Date.parse('2026-12-06T15:03:41Z'),
    ])
  })

  test('influencer: as long as the trait says so', () => {
    const player = playerWith([expandPreset({ preset: 'influencer' })])
    player.learn({ traits: { influencer: true } })
    expect(openOf(player)).toEqual(['influencer until closed'])
    expect(player.actor.exclusions[0]?.scope).toEqual({ classes: ['marketing', 'relationship'] })
    expect(openOf(player.learn({ traits: { influencer: false } }))).toEqual([])
  })

  test('hardBounce and spamComplaint: nothing that an actor would hold', () => {
    const player = playerWith([
      expandPreset({ preset: 'hardBounce' }),
      expandPreset({ preset: 'spamComplaint' }),
    ])
    player.event('Email Bounced', { properties: { type: 'hard' } }).event('Email Marked As Spam')
    expect(openOf(player)).toEqual([])
  })
})

test('what a hand has closed comes again only after its condition has ceased', () => {
  const player = playerWith([expandPreset({ preset: 'influencer' })])
    .learn({ traits: { influencer: true } })
    .until('2026-12-02T10:00:00Z')
  player.batch([closeByHand(player, 'influencer')]).event('Order Completed')
  expect(openOf(player)).toEqual([])
  player.learn({ traits: { influencer: false } }).learn({ traits: { influencer: true } })
  expect(openOf(player)).toHaveLength(1)
})

test('the engine shows the reasons in force, each once, and the page names them all', () => {
  const player = playerWith([complaint, expandPreset({ preset: 'answerLate' })])
    .event('Complaint Opened', about('c2'))
    .event('Complaint Opened', about('c1'))
  expect(operatorView(player.actor, null).Excluded).toEqual(['complaintOpen'])
  const lines = describeCustomer(player.actor, null).split('\n')
  expect(lines.filter((line) => line.startsWith('- excluded'))).toHaveLength(4)
})

test('one by hand ends at its time, whatever rules say', () => {
  const player = playerWith([])
  player.batch([openByHand(player, 'x1', Date.parse('2026-12-02T10:00:00Z'))])
  expect(openOf(player)).toEqual(['x1 until 2026-12-02T10:00'])
  expect(openOf(player.until('2026-12-02T10:00:00Z'))).toEqual([])
})

test('a rule that is taken out of the policy excludes nobody any more', () => {
  const player = playerWith([complaint]).event('Complaint Opened', about('c1'))
  player.batch([openByHand(player, 'x1', null)])
  player.publish(rulesOf([])).event('Order Completed')
  expect(openOf(player)).toEqual(['x1 until closed'])
  expect(notes(player).at(-1)).toBe('no longer excluded: complaintOpen')
})

test('a policy that excludes by a condition does so with its publication', () => {
  const influencer = expandPreset({ preset: 'influencer' })
  const player = playerWith([influencer]).learn({ traits: { influencer: true } })
  player.publish(rulesOf([{ ...influencer, name: 'famous' }])).event('Order Completed')
  expect(openOf(player)).toEqual(['famous until closed'])
})

describe('where there is no room', () => {
  test('cases beyond those that are kept apart are held as one, which no event closes', () => {
    const player = playerWith([complaint])
    const ids = Array.from({ length: EXCLUSIONS_MAX + 3 }, (_, at) => `c${at}`)
    for (const id of ids) player.event('Complaint Opened', about(id))
    expect(player.actor.exclusions).toHaveLength(EXCLUSIONS_MAX + 1)
    player.until('2026-12-02T10:00:00Z')
    for (const id of ids) player.event('Complaint Closed', about(id))
    expect(openOf(player)).toEqual(['complaintOpen:* until closed'])
    player.batch([closeByHand(player, 'complaintOpen:*')])
    expect(openOf(player)).toEqual([])
  })

  test('closings that are forgotten let something be opened, and never close anything', () => {
    const player = playerWith([complaint])
    for (let at = 0; at <= CLOSINGS_MAX; at++) player.event('Complaint Closed', about(`c${at}`))
    const before = { occurredAt: '2026-11-30T10:00:00Z' }
    player.event('Complaint Opened', { ...about(`c${CLOSINGS_MAX}`), ...before })
    expect(openOf(player)).toEqual([])
    player.event('Complaint Opened', { ...about('c0'), ...before })
    expect(openOf(player)).toHaveLength(1)
  })
})

describe('the arbiter', () => {
  const end = { type: 'exit' } as const
  const long = journey('long', {
    entry: { on: [{ event: 'Signed Up' }] },
    start: 'rest',
    steps: { rest: { type: 'wait', for: 'P30D', next: 'end' }, end },
    messages: {},
  })
  const causes = ({ decisions }: ActorPlayer) => decisions.length

  test('is asked when an exclusion ends that was in force, by an event and by time', () => {
    const player = playerWith([{ ...complaint, for: 'P7D' }], [long]).event('Signed Up')
    const before = causes(player)
    player.event('Complaint Opened', about('c1')).until('2026-12-02T10:00:00Z')
    expect(causes(player)).toBe(before)
    player.event('Complaint Closed', about('c1'))
    expect(causes(player)).toBe(before + 1)
    player.event('Complaint Opened', about('c2')).until('2026-12-10T10:00:00Z')
    expect(causes(player)).toBe(before + 2)
  })

  test('is not asked where nobody could be next, or nothing was in force', () => {
    const alone = playerWith([complaint], [long])
      .event('Complaint Opened', about('c1'))
      .until('2026-12-02T10:00:00Z')
      .event('Complaint Closed', about('c1'))
    expect(alone.decisions).toEqual([])
    const early = playerWith([expandPreset({ preset: 'answerLate' })], [long]).event('Signed Up')
    const before = causes(early)
    early
      .event('Complaint Opened', about('c1'))
      .until('2026-12-01T11:00:00Z')
      .event('Complaint Closed', about('c1'))
    expect(causes(early)).toBe(before)
  })

  test('is open while an event arrives that excludes: it is in force at once, and applied once', () => {
    const player = playerWith([complaint, expandPreset({ preset: 'tooManyCalls' })], [long])
    player.holdDecisions = true
    player.event('Signed Up')
    player.event('Complaint Opened', about('c1'))
    for (let call = 0; call < 3; call++)
      player.event('Call Received', { properties: { case_id: 'a' } })
    expect(player.actor.arbitration).not.toBeNull()
    expect(openOf(player)).toEqual(['complaintOpen:c1 until closed'])
    player.release()
    expect(openOf(player)).toEqual(['complaintOpen:c1 until closed'])
    expect(notes(player)).toEqual(['excluded: complaintOpen'])
    expect(player.actor.tallies).toHaveLength(3)
  })
})

describe('an exclusion that ends while a decision is open', () => {
  test('has the arbiter asked once more: whoever it kept out comes now', () => {
    const welcome = journey('welcome', { arbitration: { mode: 'manual', rank: 5 } })
    const parcel = journey('parcel', { class: 'service', entry: { on: [{ event: 'Shipped' }] } })
    const player = playerWith([], [welcome, parcel]).exclude('upset').event('Signed Up')
    expect(player.actor.deferred).toHaveLength(1)
    player.holdDecisions = true
    player.event('Shipped').closeExclusion('upset').release()
    expect(player.requests.map(({ cause }) => cause.type)).toEqual([
      'event',
      'event',
      'exclusion_released',
    ])
    expect([player.active, player.paused]).toEqual(['welcome:rest', ['parcel']])
  })
})

describe('row 6: a complaint in the middle of a journey', () => {
  const steps = {
    first: { type: 'message', message: 'first', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', next: 'second' },
    second: { type: 'message', message: 'second', next: 'end' },
    end: { type: 'exit' },
  } as const
  const line = (kind: 'marketing' | 'service', parts: Partial<Journey> = {}) =>
    journey(kind, {
      class: kind,
      entry: { on: [{ event: 'Signed Up' }] },
      start: 'first',
      steps,
      messages: { first: mail('first'), second: mail('second') },
      ...parts,
    })

  test('in a wait: marketing is held when the wait is over, and goes out when it is closed', () => {
    const player = playerWith([complaint], [line('marketing')]).event('Signed Up')
    player.until('2026-12-02T10:00:00Z').event('Complaint Opened', about('c1'))
    player.until('2026-12-05T10:00:00Z')
    expect(player.mails).toEqual(['2026-12-01T10:00 first'])
    const decisions = player.decisions.length
    player.event('Complaint Closed', about('c1'))
    expect(player.decisions).toHaveLength(decisions + 1)
    expect(player.mails).toEqual(['2026-12-01T10:00 first', '2026-12-05T10:00 second'])
  })

  test('with a send queued: it is taken back, and goes out once when it is closed', () => {
    const player = playerWith([complaint], [line('marketing')])
    player.holdSends = true
    player.event('Signed Up').event('Complaint Opened', about('c1'))
    expect(player.held).toEqual([])
    player.release().until('2026-12-01T20:00:00Z')
    expect(player.mails).toEqual([])
    player.event('Complaint Closed', about('c1'))
    expect(player.mails).toEqual(['2026-12-01T20:00 first'])
  })

  test('it ends by time: what was held goes out then', () => {
    const player = playerWith([{ ...complaint, for: 'P4D' }], [line('marketing')])
    player.event('Signed Up').event('Complaint Opened', about('c1'))
    player.until('2026-12-20T10:00:00Z')
    expect(player.mails).toEqual(['2026-12-01T10:00 first', '2026-12-05T10:00 second'])
  })

  test('service goes on, also in the middle of a wait and with a send queued', () => {
    const player = playerWith([complaint], [line('service')])
    player.holdSends = true
    player.event('Signed Up').event('Complaint Opened', about('c1')).release()
    player.until('2026-12-10T10:00:00Z')
    expect(player.mails).toEqual(['2026-12-01T10:00 first', '2026-12-03T10:00 second'])
  })

  test('an answer that comes late holds from the promised instant, in the middle of a wait', () => {
    const late = expandPreset({ preset: 'answerLate' })
    const player = playerWith([late], [line('marketing')]).event('Signed Up')
    player.event('Complaint Opened', {
      properties: { complaint_id: 'c1', answer_due_at: '2026-12-03T10:00:00Z' },
    })
    // Due at the very instant at which the promise is broken: what is forbidden from then on is.
    player.until('2026-12-04T10:00:00Z')
    expect(player.mails).toEqual(['2026-12-01T10:00 first'])
    player.event('Complaint Answered', about('c1'))
    expect(player.mails).toEqual(['2026-12-01T10:00 first', '2026-12-04T10:00 second'])
  })

  test('who waits in the queue is decided on before what was held goes out', () => {
    const flash = journey('flash', {
      class: 'marketing',
      arbitration: { mode: 'manual', rank: 900 },
      queueFor: 'P30D',
      entry: { on: [{ event: 'Flash Sale' }] },
      start: 'say',
      steps: { say: { type: 'message', message: 'flash', next: 'end' }, end: { type: 'exit' } },
      messages: { flash: mail('flash') },
    })
    const player = playerWith([complaint], [line('marketing'), flash]).event('Signed Up')
    player.event('Complaint Opened', about('c1')).event('Flash Sale')
    player.until('2026-12-05T10:00:00Z').event('Complaint Closed', about('c1'))
    expect(player.mails).toEqual([
      '2026-12-01T10:00 first',
      '2026-12-05T10:00 flash',
      '2026-12-05T10:00 second',
    ])
  })
})

test('a journey that sends is told apart by its class', () => {
  const send = (kind: 'marketing' | 'service') =>
    journey(kind, {
      class: kind,
      entry: { on: [{ event: `${kind} wanted` }] },
      start: 'say',
      steps: { say: { type: 'message', message: 'hello', next: 'end' }, end: { type: 'exit' } },
      messages: { hello: mail(kind) },
    })
  const player = playerWith([complaint], [send('marketing'), send('service')])
    .event('Complaint Opened', about('c1'))
    .event('service wanted')
    .event('marketing wanted')
  expect(player.sent.map((each) => each.journey)).toEqual(['service'])
})
