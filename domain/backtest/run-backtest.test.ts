import { describe, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import type { JsonObject } from '../json.ts'
import { customerFromEvents } from './customer-from-events.ts'
import { planBacktest } from './plan.ts'
import type { Assumptions, RecordedCustomer } from './recorded.ts'
import { runBacktest, runComparison } from './run-backtest.ts'

const mail = (subject: string) => ({ email: { subject, html: subject } })

/** Two mails, three days apart, for everybody's first order. */
const welcome: Journey = {
  key: 'welcome',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 10 },
  entry: {
    on: [{ event: 'Order Completed', when: "count('Order Completed') == 1" }],
    when: "consented('marketing', 'email')",
  },
  exit: [{ event: 'Order Refunded', reason: 'sent back' }],
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'one', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'look' },
    look: { type: 'branch', cases: [{ when: 'true', next: 'tips' }], else: 'done' },
    tips: { type: 'message', message: 'two', next: 'done' },
    done: { type: 'exit', reason: 'completed' },
  },
  messages: { one: mail('One'), two: mail('Two') },
}

/** One mail at once, and two locked days. */
const returns: Journey = {
  key: 'returns',
  class: 'service',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
  start: 'sorry',
  steps: {
    sorry: { type: 'message', message: 'sorry', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', next: 'done' },
    done: { type: 'exit', reason: 'completed' },
  },
  messages: { sorry: mail('Sorry') },
}

/** One mail for every order, kept until there is room. */
const thanks: Journey = {
  key: 'thanks',
  class: 'service',
  arbitration: { mode: 'manual', rank: 100 },
  entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
  goal: { event: 'Order Completed', within: 'P10D', value: 'event.properties.revenue' },
  start: 'say',
  steps: {
    say: { type: 'message', message: 'thanks', next: 'wait' },
    wait: { type: 'wait', for: 'P5D', next: 'done' },
    done: { type: 'exit', reason: 'completed' },
  },
  messages: { thanks: mail('Thanks') },
}

const bought = (at: string, properties: JsonObject = {}) =>
  ['Order Completed', at, properties] as const
const sentBack = (at: string) => ['Order Refunded', at, {}] as const

describe('runBacktest', () => {
  test('counts who enters, how runs end, every step and every message', async () => {
    const report = await play(
      [welcome],
      [
        customer('ann', bought('2026-03-02T10:00:00Z')),
        customer('bob', bought('2026-03-02T11:00:00Z'), sentBack('2026-03-03T11:00:00Z')),
        customer('cid', bought('2026-03-30T10:00:00Z')),
      ],
    )
    expect(report.customers).toEqual({ played: 3, entered: 3, messaged: 3 })
    expect(report.events).toEqual({ window: 4, history: 0 })
    expect(report.journeys[0]).toMatchObject({
      entered: 3,
      completed: 1,
      ended: { completed: 1, 'sent back': 1 },
      open: 1,
      steps: { hello: 3, rest: 3, look: 1, tips: 1, done: 1 },
      sent: { email: 4 },
    })
    expect(report.sent).toEqual({
      total: 4,
      byChannel: { email: 4 },
      byJourney: { welcome: 4 },
      byDay: { '2026-03-02': 2, '2026-03-05': 1, '2026-03-30': 1 },
    })
    expect(report.load).toMatchObject({
      byHour: { '2026-03-02T10': 1, '2026-03-02T11': 1, '2026-03-05T10': 1, '2026-03-30T10': 1 },
      busiest: { hour: '2026-03-02T10', sent: 1 },
      median: 1,
    })
    expect(report.load.byHourOfDay[10]).toBe(3)
  })

  test('takes what lies before the window as history, which starts nothing', async () => {
    const report = await play(
      [welcome, thanks],
      [
        customer('ann', bought('2026-02-20T10:00:00Z')),
        customer('bob', bought('2026-01-02T10:00:00Z'), bought('2026-03-03T10:00:00Z')),
      ],
    )
    expect(report.events).toEqual({ window: 1, history: 2 })
    expect(report.sent.byJourney).toEqual({ thanks: 1 })
    expect(report.journeys.map(({ journey, entered }) => [journey, entered])).toEqual([
      ['thanks', 1],
      ['welcome', 0],
    ])
  })

  test('does not start at a lifecycle change that fell before the window', async () => {
    const winBack: Journey = {
      ...welcome,
      key: 'win-back',
      entry: { on: [{ lifecycle: 'at_risk' }] },
    }
    const report = await play(
      [winBack],
      [
        // Silent for 90 days on 2026-02-01 and on 2026-03-10.
        customer('ann', bought('2025-11-03T10:00:00Z')),
        customer('bob', bought('2025-12-10T10:00:00Z')),
      ],
    )
    expect(report.journeys[0]).toMatchObject({ entered: 1 })
    expect(report.sent.byDay).toEqual({ '2026-03-10': 1, '2026-03-13': 1 })
  })

  test('has its first instant inside and its last outside', async () => {
    const report = await play(
      [thanks],
      [
        customer('ann', bought('2026-03-01T00:00:00Z')),
        customer('bob', bought('2026-02-28T23:59:59.999Z')),
        customer('cid', bought('2026-04-01T00:00:00Z')),
      ],
    )
    expect(report.sent.byDay).toEqual({ '2026-03-01': 1 })
  })

  test('says who took over from whom, and why others were turned away', async () => {
    const report = await play(
      [welcome, returns, thanks],
      [
        customer(
          'ann',
          bought('2026-03-02T10:00:00Z', { revenue: 20 }),
          sentBack('2026-03-03T10:00:00Z'),
          bought('2026-03-04T10:00:00Z', { revenue: 30.5 }),
        ),
      ],
    )
    expect(report.switches).toEqual([
      { from: 'thanks', to: 'returns', by: 'rank', left: 'paused', count: 1 },
    ])
    const [, onThanks, onWelcome] = report.journeys
    // The second order is the goal of the paused run, and waits for the lock to end as a new entry.
    expect(onThanks).toMatchObject({
      entered: 2,
      paused: 1,
      queued: 1,
      goal: { reached: 1, valueMinor: 3_050 },
      turnedAway: { lock: 1 },
    })
    expect(onWelcome).toMatchObject({ entered: 0, turnedAway: { rank: 1 } })
  })

  test('compares with what journeys unaware of each other would have sent', async () => {
    const report = await play(
      [welcome, returns, thanks],
      [
        customer('ann', bought('2026-03-02T10:00:00Z'), sentBack('2026-03-02T12:00:00Z')),
        customer('bob', bought('2026-03-02T10:00:00Z')),
      ],
    )
    // Ann would get a mail of each; Bob thanks, and two mails of the welcome.
    expect(report.journeys.map(({ journey, alone }) => [journey, alone.sent])).toEqual([
      ['returns', 1],
      ['thanks', 2],
      ['welcome', 3],
    ])
    expect(report.withoutArbitration).toEqual({
      sent: 6,
      // The welcome beside the thanks, twice, and the mail on the return two hours later.
      collisions: 3,
      inTwoAtOnce: 2,
    })
    // Thanks, and two hours later the mail on the return.
    expect(report.collisions).toEqual({ withArbitration: 1, avoided: 2 })
  })

  test('sends nothing for marketing where no consent is recorded, unless it is assumed', async () => {
    const people = [customer('ann', bought('2026-03-02T10:00:00Z'))]
    const strict = await play([welcome], people, { channels: ['email'] })
    expect(strict.journeys[0]).toMatchObject({ entered: 0, turnedAway: { entry: 1 } })
    const nowhere = await play([welcome], people, { consents: MARKETING })
    expect(nowhere.journeys[0]).toMatchObject({ entered: 0, turnedAway: { reachable: 1 } })
  })

  test('assumes no consent of somebody who was asked', async () => {
    const { rows, ...ann } = customer('ann', bought('2026-03-02T10:00:00Z'))
    const refusal = {
      type: 'consent',
      purpose: 'marketing',
      channel: 'email',
      granted: false,
    } as const
    const asked = {
      ...ann,
      rows: [{ ...refusal, atMs: Date.parse('2026-01-01T00:00:00Z') }, ...rows],
    }
    const report = await play([welcome], [asked])
    expect(report.customers.messaged).toBe(0)
  })

  test('gives the same bytes for customers in any order, rows in any order, and any slicing', async () => {
    const people = Array.from({ length: 40 }, (_, index) => {
      const day = `2026-03-${String((index % 28) + 1).padStart(2, '0')}`
      const events = [
        bought(`${day}T10:00:00Z`, { revenue: index + 0.1 }),
        bought(`${day}T10:00:00Z`, { revenue: index }),
        ...(index % 3 === 0 ? [sentBack(`${day}T15:00:00Z`)] : []),
        bought('2026-02-10T09:00:00Z'),
      ]
      return [`c${index}`, events] as const
    })
    const inOrder = people.map(([id, events]) => customer(id, ...events))
    const turned = people.toReversed().map(([id, events]) => customer(id, ...events.toReversed()))
    const journeys = [welcome, returns, thanks]
    const first = JSON.stringify(await play(journeys, inOrder))
    expect(JSON.stringify(await play(journeys, turned))).toBe(first)
    const slicedEverywhere = await runBacktest({
      ...inputOf(journeys, inOrder),
      breathe: async () => {},
    })
    expect(JSON.stringify(slicedEverywhere)).toBe(first)
  })

  test('can be stopped between two events', async () => {
    const people = [
      customer('ann', bought('2026-03-02T10:00:00Z'), sentBack('2026-03-03T10:00:00Z')),
    ]
    const stop = (): never => {
      throw new Error('stopped')
    }
    await expect(runBacktest({ ...inputOf([welcome], people), breathe: stop })).rejects.toThrow(
      'stopped',
    )
  })
})

describe('runComparison', () => {
  test('puts drafts beside what is live, figure by figure', async () => {
    const people = [customer('ann', bought('2026-03-02T10:00:00Z'))]
    const silent: Journey = {
      ...welcome,
      steps: { ...welcome.steps, look: { type: 'exit', reason: 'completed' } },
    }
    const { plan, ...rest } = inputOf([welcome], people)
    const { a, b, difference } = await runComparison({
      plan,
      drafts: inputOf([silent], people).plan,
      ...rest,
    })
    expect([a.sent.total, b.sent.total]).toEqual([2, 1])
    expect(difference).toEqual({
      journeys: {
        welcome: {
          alone: { sent: -1 },
          sent: { email: -1 },
          steps: { done: -1, tips: -1 },
        },
      },
      sent: {
        byChannel: { email: -1 },
        byDay: { '2026-03-05': -1 },
        byJourney: { welcome: -1 },
        total: -1,
      },
      withoutArbitration: { sent: -1 },
    })
  })

  test('finds no difference between the same things', async () => {
    const people = [customer('ann', bought('2026-03-02T10:00:00Z'))]
    const input = inputOf([welcome, thanks], people)
    expect(await runComparison({ ...input, drafts: input.plan })).toMatchObject({ difference: {} })
  })
})

const MARKETING = [{ purpose: 'marketing', channel: 'email' }]
const ALL: Assumptions = { consents: MARKETING, channels: ['email'] }

function customer(
  userId: string,
  ...events: (readonly [event: string, timestamp: string, properties: JsonObject])[]
): RecordedCustomer {
  return customerFromEvents(
    userId,
    events.map(([event, timestamp, properties]) => ({ userId, event, timestamp, properties })),
  )
}

const play = (journeys: readonly Journey[], people: readonly RecordedCustomer[], assume = ALL) =>
  runBacktest(inputOf(journeys, people, assume))

function inputOf(journeys: readonly Journey[], people: readonly RecordedCustomer[], assume = ALL) {
  return {
    plan: planBacktest({
      window: {
        fromMs: Date.parse('2026-03-01T00:00:00Z'),
        toMs: Date.parse('2026-04-01T00:00:00Z'),
      },
      assume,
      versions: journeys.map((journey) => ({
        journey,
        version: 1,
        hash: JSON.stringify(journey),
        draft: true,
      })),
      rules: { lifecycle: DEFAULT_LIFECYCLE_RULES },
    }),
    customers: (async function* () {
      yield* people
    })(),
    happened: null,
    breathe: () => undefined,
  }
}
