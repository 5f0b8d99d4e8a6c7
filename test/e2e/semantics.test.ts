import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { EventBatch } from '../../domain/actor/inputs.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { deliveryTaskQueue, eventsHappened } from '../../workflows/customer-messages.ts'
import { journey, mail, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

const DAY_MS = 86_400_000
const SIGNALS_AT_ONCE = 50
/** More than the history events after which an actor continues as new. */
const REPEATED_BATCHES = 850

/** A shop's journeys. Each row below sends only the events of those it is about. */
const journeys: Journey[] = [
  journey('welcome'),
  journey('newsletter', { entry: { on: [{ event: 'Subscribed' }] }, onPreempt: 'abandon' }),
  journey('enjoy', {
    arbitration: { mode: 'auto', value: 100 },
    entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
    exit: [
      {
        event: 'Order Refunded',
        when: 'event.properties.order_id == entry.properties.order_id',
        reason: 'sent back',
      },
    ],
    steps: mailsAndWaits('P5D'),
  }),
  journey('returns', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
    entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits('P7D'),
  }),
  journey('birthday', {
    arbitration: { mode: 'manual', rank: 500 },
    entry: { on: [{ event: 'Birthday' }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits('P1D'),
  }),
  journey('course', {
    entry: { on: [{ event: 'Course Started' }] },
    exit: [
      { event: 'Course Cancelled', reason: 'cancelled' },
      { when: "customer.lifecycle == 'repeater'", reason: 'buys again' },
    ],
    steps: mailsAndWaits('P30D'),
  }),
  ...['alpha', 'beta'].map((key) =>
    journey(key, {
      arbitration: { mode: 'auto', value: 20 },
      entry: { on: [{ event: 'Sale Opened' }] },
      steps: mailsAndWaits('P1D'),
    }),
  ),
  journey('gamma', {
    arbitration: { mode: 'auto', value: 15 },
    entry: { on: [{ event: 'Sale Opened' }] },
    queueFor: 'P3D',
    steps: mailsAndWaits('P1D'),
  }),
]

let rumbo: TestRumbo
let smtp: SmtpSink
/** Customers whose sends stand still in the worker, right before it looks at SQL, until the promise. */
const gates = new Map<string, { reached: () => void; opens: Promise<void> }>()

beforeAll(async () => {
  smtp = await startSmtpSink()
  rumbo = await startTestRumbo(await connectEmbedded(), {
    smtpUrl: smtp.url,
    beforeSend: async ({ customerId }) => {
      const gate = gates.get(customerId)
      gate?.reached()
      await gate?.opens
    },
  })
  await rumbo.publish(...journeys)
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

describe('row 1: one effect per event id', () => {
  test('at once, later, across continue-as-new and after the run ended', async () => {
    const ana = await TestCustomer.create(rumbo)
    const messageId = randomUUID()
    const again = () => ana.track('Signed Up', {}, { messageId })
    await Promise.all(Array.from({ length: 10 }, again))
    await ana.settle()
    await again()
    expect([await ana.runs(), await ana.mails()]).toEqual([['welcome@1:rest waiting'], ['welcome']])

    const first = await ana.actor.describe()
    await repeatBatchUntilItContinuesAsNew(ana)
    await again()
    await ana.settle()
    expect((await ana.actor.describe()).runId).not.toBe(first.runId)
    expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])

    await ana.forward('P14D')
    await again()
    await ana.settle()
    expect(await ana.runs()).toEqual([])
    expect(await ana.mails()).toEqual(['welcome', 'welcome bye'])
    const entries = (await ana.decisions()).filter(({ outcome }) => outcome === 'enter')
    expect(entries).toHaveLength(1)
    expect((await ana.state()).facts.counters['Signed Up']?.total).toBe(1)
  })
})

describe.concurrent('row 2: events in any order', () => {
  test('the same facts and the same lifecycle', async () => {
    const [ana, ben] = await Promise.all([TestCustomer.create(rumbo), TestCustomer.create(rumbo)])
    const nowMs = Date.now()
    const events = [
      { name: 'Order Completed', daysAgo: 40, properties: { order_id: 'o1', revenue: 19.99 } },
      { name: 'Product Viewed', daysAgo: 35, properties: {} },
      { name: 'Order Completed', daysAgo: 20, properties: { order_id: 'o2', revenue: 50.01 } },
      { name: 'Order Refunded', daysAgo: 10, properties: { order_id: 'o1' } },
    ]
    const tell = async (customer: TestCustomer, order: number[]) => {
      for (const index of order) {
        const { name, daysAgo, properties } = events[index]!
        const timestamp = new Date(nowMs - daysAgo * DAY_MS).toISOString()
        await customer.track(name, properties, { timestamp })
      }
      await customer.settle()
    }
    await Promise.all([tell(ana, [0, 1, 2, 3]), tell(ben, [3, 1, 2, 0])])
    const [one, other] = await Promise.all([ana.state(), ben.state()])
    expect(one.facts).toEqual(other.facts)
    expect(one.facts.purchasedMinor).toBe(7_000)
    expect(one.lifecycle).toMatchObject({ state: 'repeater', sinceMs: other.lifecycle.sinceMs })
    expect(other.lifecycle.state).toBe('repeater')
    expect([await ana.decisions(), await ben.decisions()]).toEqual([[], []])
  })

  test('a trigger later than a day changes facts and sends nothing; one in time enters', async () => {
    const ana = await TestCustomer.create(rumbo)
    const ago = (ms: number) => ({ timestamp: new Date(Date.now() - ms).toISOString() })
    expect(await ana.track('Signed Up', {}, ago(DAY_MS + 60_000))).toEqual([])
    await ana.settle()
    expect([await ana.runs(), await ana.mails()]).toEqual([[], []])
    expect((await ana.state()).facts.counters['Signed Up']?.total).toBe(1)
    expect(await ana.track('Signed Up', {}, ago(DAY_MS - 60_000))).toMatchObject([
      { outcome: 'enter' },
    ])
    expect(await ana.track('Order Completed', { order_id: 'o1' }, ago(DAY_MS + 60_000))).toEqual([])
    await ana.settle()
    expect((await ana.page()).lifecycle?.state).toBe('occasional')
    expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
  })

  test('an imported event changes facts and lifecycle, starts and sends nothing', async () => {
    const ana = await TestCustomer.create(rumbo)
    const imported = { context: { historical: true } }
    expect(await ana.track('Order Completed', { order_id: 'o1' }, imported)).toEqual([])
    await ana.settle()
    expect([await ana.mails(), (await ana.page()).lifecycle?.state]).toEqual([[], 'occasional'])
  })
})

describe.concurrent('row 3: purchase on day 5 of the welcome flow', () => {
  test('arbitrated on the spot; welcome pauses with 9 days left and ends 9 days after it resumes', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Signed Up')
    await ana.forward('P5D')
    const [decision] = await ana.track('Order Completed', { order_id: 'o1' })
    expect(decision).toMatchObject({ outcome: 'switch', replaced: { fate: 'paused' } })
    await ana.settle()
    expect(await ana.runs()).toEqual(['enjoy@1:rest waiting', 'welcome@1:rest paused'])

    await ana.forward('P5D')
    expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
    await ana.forward('P8DT23H')
    expect(await ana.mails()).toEqual(['welcome', 'enjoy', 'enjoy bye'])
    await ana.forward('PT2H')
    expect(await ana.mails()).toEqual(['welcome', 'enjoy', 'enjoy bye', 'welcome bye'])
    expect(await ana.story()).toEqual([
      'entered welcome@1 on Signed Up',
      'paused welcome@1 at rest',
      'entered enjoy@1 on Order Completed',
      'left enjoy@1: completed',
      'resumed welcome@1 at rest',
      'left welcome@1: completed',
    ])
  })

  test('or is abandoned, where it says so', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Subscribed')
    await ana.forward('P5D')
    const [decision] = await ana.track('Order Completed', { order_id: 'o1' })
    expect(decision).toMatchObject({ outcome: 'switch', replaced: { fate: 'abandoned' } })
    await ana.forward('P20D')
    expect(await ana.runs()).toEqual([])
    expect(await ana.mails()).toEqual(['newsletter', 'enjoy', 'enjoy bye'])
  })
})

describe.concurrent('row 4: return in the middle of a "make the most of it" series', () => {
  test('the series ends at once; the locked returns journey takes over', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Order Completed', { order_id: 'o1' })
    await ana.forward('P2D')
    expect(await ana.track('Order Refunded', { order_id: 'o1' })).toMatchObject([
      { outcome: 'enter', candidates: [{ journey: 'returns', fate: 'win' }] },
    ])
    await ana.settle()
    expect(await ana.page()).toMatchObject({
      runs: [{ journey: 'returns', status: 'waiting', lock: { scope: 'journey' } }],
    })
    await ana.forward('P10D')
    expect(await ana.mails()).toEqual(['enjoy', 'returns', 'returns bye'])
    expect(await ana.story()).toEqual([
      'entered enjoy@1 on Order Completed',
      'left enjoy@1: sent back',
      'entered returns@1 on Order Refunded',
      'left returns@1: completed',
    ])
  })

  test('the return of another order only pauses it', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Order Completed', { order_id: 'o2' })
    await ana.forward('P2D')
    await ana.track('Order Refunded', { order_id: 'o1' })
    await ana.forward('P11D')
    expect(await ana.mails()).toEqual(['enjoy', 'returns', 'returns bye', 'enjoy bye'])
  })
})

describe.concurrent('row 5: birthday while locked in returns', () => {
  test('queued with its expiry, starts when the lock ends', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Order Refunded', { order_id: 'o1' })
    await ana.forward('P1D')
    expect(await ana.track('Birthday')).toMatchObject([
      { outcome: 'queue', candidates: [{ journey: 'birthday', fate: 'queue', gate: 'lock' }] },
    ])
    await ana.settle()
    const { deferred, clock } = await ana.page()
    expect(deferred).toMatchObject([{ journey: 'birthday' }])
    const keptMs = Date.parse(deferred[0]!.until) - Date.parse(clock)
    expect(keptMs / DAY_MS).toBeCloseTo(14, 2)

    await ana.forward('P6D')
    expect(await ana.runs()).toEqual(['birthday@1:rest waiting'])
    expect((await ana.page()).deferred).toEqual([])
    expect(await ana.mails()).toEqual(['returns', 'returns bye', 'birthday'])
  })
})

describe.concurrent('row 7: exit condition true during a 30-day wait', () => {
  test('on an event: exits now, not in 30 days', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Course Started')
    await ana.forward('P3D')
    await ana.track('Course Cancelled')
    await ana.settle()
    expect(await ana.runs()).toEqual([])
    await ana.forward('P40D')
    expect(await ana.mails()).toEqual(['course'])
    expect((await ana.story()).at(-1)).toBe('left course@1: cancelled')
  })

  test('on a change that other events bring about', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Course Started')
    await ana.settle()
    const imported = { context: { historical: true } }
    await ana.track('Order Completed', { order_id: 'o1' }, imported)
    expect(await ana.runs()).toEqual(['course@1:rest waiting'])
    await ana.track('Order Completed', { order_id: 'o2' }, imported)
    await ana.settle()
    expect((await ana.story()).at(-1)).toBe('left course@1: buys again')
  })
})

describe.concurrent('row 8: two journeys qualify in one instant', () => {
  test('one winner by total order; the others queued or rejected, each with its reason', async () => {
    const ana = await TestCustomer.create(rumbo)
    const [decision, ...others] = await ana.track('Sale Opened')
    expect(others).toEqual([])
    expect(decision).toMatchObject({
      outcome: 'enter',
      candidates: [
        { journey: 'alpha', fate: 'win', gate: null },
        { journey: 'beta', fate: 'reject', gate: 'rank', reason: 'alpha comes first.' },
        { journey: 'gamma', fate: 'queue', gate: 'rank', reason: 'alpha comes first.' },
      ],
    })
    await ana.forward('P1D')
    expect(await ana.runs()).toEqual(['gamma@1:rest waiting'])
    expect(await ana.mails()).toEqual(['alpha', 'alpha bye', 'gamma'])
  })
})

describe.concurrent('row 13: provider fails for an hour', () => {
  test('nobody falls out of a journey; no duplicate', async () => {
    const customers = await Promise.all(
      [1, 2, 3].map((n) => TestCustomer.create(rumbo, { deliverTo: `inbox-${n}@example.com` })),
    )
    smtp.refuseWith(421)
    await Promise.all(customers.map((customer) => customer.track('Signed Up')))
    await Promise.all(customers.map((customer) => customer.forward('PT1H')))
    expect(smtp.refusals()).toBeGreaterThanOrEqual(customers.length * 3)
    for (const customer of customers) {
      expect(await customer.runs()).toEqual(['welcome@1:hello active'])
      expect(await customer.deliveries()).toMatchObject([{ status: 'queued' }])
    }
    smtp.refuseWith(null)
    await Promise.all(customers.map((customer) => customer.forward('PT1H')))
    for (const customer of customers) {
      expect(await customer.runs()).toEqual(['welcome@1:rest waiting'])
      expect(await customer.deliveries()).toMatchObject([{ message: 'hello', status: 'sent' }])
    }
    await Promise.all(customers.map((customer) => customer.forward('P15D')))
    const expected = customers.flatMap(({ customerId }) =>
      [1, 3].map((visit) => `${customerId}.1.${visit}.email`),
    )
    expect([...smtp.taken].toSorted()).toEqual(expected.toSorted())
  })
})

describe.concurrent('row 20: two weeks pass', () => {
  test('in about a second, every message at its own instant', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Signed Up')
    await ana.settle()
    // About a second on an idle machine; the call itself gives up after thirty.
    const happened = await ana.forward('P14D')
    expect(happened.map(({ kind }) => kind)).toContain('delivery')
    const [hello, bye] = await ana.deliveries()
    const betweenMs = Date.parse(bye!.at) - Date.parse(hello!.at)
    expect(betweenMs / DAY_MS).toBeCloseTo(14, 3)
    expect(await ana.mails()).toEqual(['welcome', 'welcome bye'])
  })
})

describe('row 10: consent withdrawn between decision and send', () => {
  test('a send that waits on its queue is taken back', async () => {
    const ana = await TestCustomer.create(rumbo)
    await setMailRate(0)
    try {
      await ana.track('Signed Up')
      await eventually('the send is on its queue', async () => (await openSends(ana)) === 1)
      await ana.consent(false)
      await eventually('the send is taken back', async () => (await openSends(ana)) === 0)
    } finally {
      await setMailRate(null)
    }
    await ana.forward('P20D')
    expect(await ana.mails()).toEqual([])
    expect(await ana.story()).toEqual([
      'entered welcome@1 on Signed Up',
      'left welcome@1: consent_withdrawn',
    ])
  })

  test('a send that has begun looks at SQL before it calls the channel', async () => {
    const ana = await TestCustomer.create(rumbo)
    const began = Promise.withResolvers<void>()
    const opens = Promise.withResolvers<void>()
    gates.set(ana.customerId, { reached: began.resolve, opens: opens.promise })
    await ana.track('Signed Up')
    await began.promise
    await ana.consent(false)
    opens.resolve()
    await ana.forward('P20D')
    expect(await ana.mails()).toEqual([])
    expect(await ana.deliveries()).toMatchObject([
      { message: 'hello', status: 'dropped', reason: 'no_consent' },
    ])
    expect((await ana.story()).at(-1)).toBe('left welcome@1: consent_withdrawn')
  })
})

describe('row 16: new version published with people inside', () => {
  const course = (days: number, subject: string) =>
    journey('onboarding', {
      entry: { on: [{ event: 'Account Opened' }] },
      steps: mailsAndWaits(`P${days}D`),
      messages: { hello: mail(subject), bye: mail(`${subject} bye`) },
    })

  test('they are pinned to theirs; who comes later gets the new one', async () => {
    await rumbo.publish(course(3, 'old'))
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Account Opened')
    await ana.settle()
    await rumbo.publish(course(9, 'new'))
    const ben = await TestCustomer.create(rumbo)
    await ben.track('Account Opened')
    await ben.settle()
    expect([await ana.runs(), await ben.runs()]).toEqual([
      ['onboarding@1:rest waiting'],
      ['onboarding@2:rest waiting'],
    ])
    await Promise.all([ana.forward('P3D'), ben.forward('P3D')])
    expect([await ana.mails(), await ben.mails()]).toEqual([['old', 'old bye'], ['new']])
    await ben.forward('P6D')
    expect(await ben.mails()).toEqual(['new', 'new bye'])
  })
})

/**
 * Delivers a batch that was handled again and again, while no worker is there to hear it: no effect
 * but a history so long that the actor leaves it behind.
 */
async function repeatBatchUntilItContinuesAsNew(customer: TestCustomer): Promise<void> {
  const { runId } = await customer.actor.describe()
  const { lastBatch, bookHash } = await customer.state()
  const { entry_rules: entryRules } = await rumbo.db
    .selectFrom('rule_book')
    .select('entry_rules')
    .executeTakeFirstOrThrow()
  const atMs = Date.now()
  const instants = { occurredAtMs: atMs, receivedAtMs: atMs }
  const batch: EventBatch = {
    n: lastBatch,
    bookHash: bookHash ?? '',
    entryRules: entryRules['Signed Up'] ?? [],
    items: [{ type: 'event', seq: 1, name: 'Signed Up', ...instants, properties: {} }],
  }
  await rumbo.stopWorkers()
  for (let sent = 0; sent < REPEATED_BATCHES; sent += SIGNALS_AT_ONCE) {
    const repeat = () => customer.actor.signal(eventsHappened, batch)
    await Promise.all(Array.from({ length: SIGNALS_AT_ONCE }, repeat))
  }
  await rumbo.startWorkers()
  await eventually(
    'the actor continues as new',
    async () => (await customer.actor.describe()).runId !== runId,
  )
}

/** Throttles the queue of mails as ops would; null: as fast as it goes. */
async function setMailRate(perSecond: number | null): Promise<void> {
  await rumbo.client.workflowService.updateTaskQueueConfig({
    namespace: rumbo.client.options.namespace,
    taskQueue: deliveryTaskQueue('email'),
    taskQueueType: 2,
    updateQueueRateLimit: {
      reason: 'test',
      ...(perSecond === null ? {} : { rateLimit: { requestsPerSecond: perSecond } }),
    },
  })
}

async function openSends(customer: TestCustomer): Promise<number> {
  const { raw } = await customer.actor.describe()
  return raw.pendingActivities?.length ?? 0
}
