import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WorkflowNotFoundError, type WorkflowExecutionInfo } from '@temporalio/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { CustomerState } from '../../domain/actor/customer-state.ts'
import type { ContactPolicy } from '../../domain/contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../domain/customers/lifecycle-rules.ts'
import {
  CUSTOMER_TASK_QUEUE,
  CUSTOMER_WORKFLOW,
  customerState,
  customerWorkflowId,
  eventsHappened,
} from '../../workflows/customer-messages.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

/** Customers are quiet after a second here, and no longer new after ten. */
const lifecycle = { ...DEFAULT_LIFECYCLE_RULES, newFor: 'PT10S', hibernateAfter: 'PT1S' }
const once = {
  hello: { type: 'message', message: 'hello', next: 'done' },
  done: { type: 'exit' },
} as const
const policy: ContactPolicy = {
  caps: [{ name: 'weekly', max: 5, window: 'P7D' }],
  exclusions: [{ preset: 'complaintOpen', scope: { classes: ['relationship'] } }],
}
const COUNTED = 'Product Viewed'

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded(), { lifecycle })
  await rumbo.call('PUT', '/v1/contact-policy', policy)
  await rumbo.publish(journey('welcome', { steps: once }))
})
afterAll(() => rumbo.stop())

/** A real customer: the clock of a test customer is the engine's, so that it never sleeps. */
class Sleeper {
  readonly userId = `user-${randomUUID()}`
  #customerId: string | undefined

  async track(event: string, more: object = {}): Promise<void> {
    await rumbo.track(this.userId, event, {}, { ...more })
  }

  /** As a shop does that wants to go on with what was decided. */
  async trackAndWait(event: string): Promise<void> {
    const body = { userId: this.userId, event, messageId: randomUUID() }
    const answer = await rumbo.call('POST', '/v1/track?wait=handled', body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  }

  async identify(): Promise<this> {
    await rumbo.call('POST', '/v1/identify', {
      userId: this.userId,
      traits: { email: `${this.userId}@example.com` },
    })
    return this
  }

  async customerId(): Promise<string> {
    if (this.#customerId !== undefined) return this.#customerId
    const { customer_id: customerId } = await rumbo.db
      .selectFrom('identities')
      .select('customer_id')
      .where('value', '=', this.userId)
      .executeTakeFirstOrThrow()
    return (this.#customerId = customerId)
  }

  async row() {
    return rumbo.db
      .selectFrom('customers')
      .select(['actor', 'wake_at', 'snapshot', 'snapshot_batch', 'last_batch', 'actor_life'])
      .where('customer_id', '=', await this.customerId())
      .executeTakeFirstOrThrow()
  }

  async actor() {
    return rumbo.client.workflow.getHandle(customerWorkflowId(await this.customerId()))
  }

  /** Once everything that was said is in what is stored, and nothing runs. */
  async asleep(): Promise<CustomerState> {
    return eventually(`${this.userId} is asleep`, async () => {
      // Asked first: what is claimed between the two questions shows in the row that is read after it.
      if (await this.hasPending()) return undefined
      const { actor, snapshot, snapshot_batch: stored, last_batch: last } = await this.row()
      if (actor !== 'asleep' || stored !== last) return undefined
      return (await this.status()) === 'RUNNING' ? undefined : (snapshot ?? undefined)
    })
  }

  /** Of the engine's newest run; undefined: it knows none. */
  async status(): Promise<string | undefined> {
    try {
      return (await (await this.actor()).describe()).status.name
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined
      throw error
    }
  }

  async hasPending(): Promise<boolean> {
    const rows = await rumbo.db
      .selectFrom('events')
      .select('seq')
      .where('customer_id', '=', await this.customerId())
      .where('status', '=', 'pending')
      .execute()
    return rows.length > 0
  }

  async state(): Promise<CustomerState | undefined> {
    return (await this.actor()).query(customerState)
  }

  /** Types of the events in the histories of its lives, oldest first. */
  async histories(): Promise<string[][]> {
    const query = `WorkflowId = '${customerWorkflowId(await this.customerId())}'`
    const lives: WorkflowExecutionInfo[] = []
    for await (const life of rumbo.client.workflow.list({ query })) lives.push(life)
    // The engine lists open ones first, and learns a moment later that one has ended.
    const inOrder = lives.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime())
    return Promise.all(
      inOrder.map(async ({ workflowId, runId }) => {
        const { events } = await rumbo.client.workflow.getHandle(workflowId, runId).fetchHistory()
        return (events ?? []).map(
          (event) => Object.keys(event).find((name) => name.endsWith('EventAttributes')) ?? '?',
        )
      }),
    )
  }

  async mails(): Promise<string[]> {
    const rows = await rumbo.db
      .selectFrom('outbox')
      .select('subject')
      .where('delivery_id', 'like', `${await this.customerId()}.%`)
      .orderBy('outbox_id')
      .execute()
    return rows.map(({ subject }) => subject)
  }
}

const countOf = ({ facts }: CustomerState, event = COUNTED): number =>
  facts.counters[event]?.total ?? 0

describe.concurrent('a customer who is quiet', () => {
  test('sleeps outside the engine, and wakes with everything where it was', async () => {
    const ana = await new Sleeper().identify()
    const id = await ana.customerId()
    await rumbo.call('PUT', `/v1/customers/${id}/consents/marketing/email`, {
      granted: true,
      source: 'test',
    })
    await ana.track('Signed Up')
    await ana.track('Complaint Opened')
    const before = await ana.asleep()
    expect(await ana.mails()).toEqual(['welcome'])
    expect(before).toMatchObject({
      consents: { marketing: { email: true } },
      exclusions: [{ rule: 'complaintOpen' }],
      contacts: [{ journey: 'welcome' }],
      journeys: { welcome: { entries: 1 } },
    })
    const { body: page } = await rumbo.call('GET', `/v1/customers/${id}`)
    expect(page).toMatchObject({ actor: 'asleep', lifecycle: { state: 'new' } })
    expect(page['nextWakeAt']).not.toBeNull()

    const next = await rumbo.call('POST', `/v1/customers/${id}/next`, {
      channel: 'call-centre',
      offers: [{ id: 'upgrade', class: 'relationship', value: 10 }],
    })
    expect(next.body).toMatchObject({ source: 'snapshot', refused: [{ id: 'upgrade' }] })

    await ana.trackAndWait('Cart Viewed')
    const { facts, lastBatch, consents, exclusions, tallies, contacts, journeys, arms } = before
    const after = await ana.state()
    expect(after).toMatchObject({ consents, exclusions, tallies, contacts, journeys, arms })
    expect(after?.facts.counters['Signed Up']).toEqual(facts.counters['Signed Up'])
    expect(after?.lastBatch).toBe(lastBatch + 1)
    expect(await ana.mails()).toEqual(['welcome'])
  })

  test('is woken by the deadline of the lifecycle, enters what was published meanwhile, and sleeps on', async () => {
    const ben = await new Sleeper().identify()
    await ben.track(COUNTED)
    const { lifecycle: before } = await ben.asleep()
    expect(before.state).toBe('new')
    const entry = { on: [{ lifecycle: 'prospect' as const }] }
    await rumbo.publish(journey('start-again', { class: 'service', entry, steps: once }))
    expect((await ben.row()).wake_at?.getTime()).toBe(before.nextAtMs)
    await eventually('the mail is out', async () => (await ben.mails()).length > 0)
    const after = await ben.asleep()
    expect(after.lifecycle.state).toBe('prospect')
    expect(await ben.mails()).toEqual(['start-again'])
    expect((await ben.row()).actor_life).toBe(2)
  })

  test('hears nothing twice: the same message id, the same batch', async () => {
    const cleo = await new Sleeper().identify()
    const messageId = randomUUID()
    await cleo.track(COUNTED, { messageId })
    const { lastBatch, bookHash, handled } = await cleo.asleep()
    await cleo.track(COUNTED, { messageId })
    const item = {
      type: 'event' as const,
      seq: handled.at(-1)?.[0] ?? 0,
      name: COUNTED,
      occurredAtMs: Date.now(),
      receivedAtMs: Date.now(),
      properties: {},
    }
    const batch = { n: lastBatch, bookHash: bookHash ?? '', entryRules: [], items: [item] }
    const customerId = await cleo.customerId()
    await rumbo.client.workflow.signalWithStart(CUSTOMER_WORKFLOW, {
      workflowId: customerWorkflowId(customerId),
      taskQueue: CUSTOMER_TASK_QUEUE,
      args: [{ customerId }],
      signal: eventsHappened,
      signalArgs: [batch],
    })
    await eventually('the actor lives again', async () => (await cleo.row()).actor_life === 2)
    const after = await cleo.asleep()
    expect(countOf(after)).toBe(1)
    expect(after.lastBatch).toBe(lastBatch)
  })

  test('loses and repeats nothing in a storm of events and imports around the instant of falling asleep', async () => {
    const customers = await Promise.all(Array.from({ length: 8 }, () => new Sleeper().identify()))
    const storm = async (customer: Sleeper, place: number): Promise<number> => {
      for (let round = 0; round < 6; round++) {
        if (round % 3 === 0) await customer.track(COUNTED)
        else if (round % 3 === 1) await customer.track(COUNTED, { context: { historical: true } })
        else await customer.trackAndWait(COUNTED)
        await sleep(940 + place * 15 + round * 7)
      }
      await customer.track('Signed Up')
      return 6
    }
    const counts = await Promise.all(customers.map(storm))
    const asleep = await Promise.all(customers.map((customer) => customer.asleep()))
    expect(asleep.map((state) => countOf(state))).toEqual(counts)
    expect(asleep.map((state) => countOf(state, 'Signed Up'))).toEqual(counts.map(() => 1))
  })
})

describe('an import', () => {
  const historical = { context: { historical: true } }
  const past = (daysAgo: number) => ({
    ...historical,
    timestamp: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
  })

  test('is applied without the engine, and gives the same customer as through it', async () => {
    const [without, through] = [new Sleeper(), new Sleeper()]
    for (const customer of [without, through]) {
      await rumbo.call('POST', '/v1/identify', {
        userId: customer.userId,
        traits: {},
        ...historical,
      })
      await customer.track('Signed Up', past(40))
    }
    await through.asleep()
    // As if an actor had been started: then it hears of everything.
    await rumbo.db
      .updateTable('customers')
      .set({ actor: 'open' })
      .where('customer_id', '=', await through.customerId())
      .execute()
    for (const customer of [without, through])
      for (const daysAgo of [30, 3, 20]) await customer.track('Order Completed', past(daysAgo))
    const [mine, its] = [await without.asleep(), await through.asleep()]
    expect(await without.status()).toBeUndefined()
    // A batch may be said to the engine twice; the second time costs a run that has nothing to do.
    await eventually(
      'the actor has left the engine again',
      async () => (await through.status()) === 'COMPLETED',
    )

    const comparable = ({
      facts,
      lifecycle: { state, previous },
      known,
      journeys,
    }: CustomerState) =>
      JSON.parse(
        JSON.stringify({
          counters: Object.entries(facts.counters).map(([name, { total }]) => [name, total]),
          state,
          previous,
          known,
          journeys,
        }),
      ) as unknown
    expect(comparable(mine)).toEqual(comparable(its))
    expect(mine.lifecycle.state).toBe('repeater')
    expect(countOf(mine, 'Order Completed')).toBe(3)
  })

  test('goes on with what it left when the customer does something', async () => {
    const dora = new Sleeper()
    await dora.track(COUNTED, past(5))
    await dora.track(COUNTED, past(4))
    await dora.asleep()
    expect(await dora.status()).toBeUndefined()
    await dora.track(COUNTED)
    await eventually('the actor lives', async () => (await dora.row()).actor_life === 1)
    expect(countOf(await dora.asleep())).toBe(3)
  })
})

test('a journey on a date that is published reaches those asleep, without the engine', async () => {
  const hugo = new Sleeper()
  const renewal = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)
  await rumbo.call('POST', '/v1/identify', { userId: hugo.userId, traits: { renewal } })
  await hugo.track(COUNTED, { context: { historical: true } })
  await hugo.asleep()
  const { actor_life: lives } = await hugo.row()
  await rumbo.publish(
    journey('renewal', { entry: { on: [{ date: 'renewal', offset: '-P19D' }] }, steps: once }),
  )
  const { dates } = await eventually('the date is armed', async () => {
    const state = await hugo.asleep()
    return Object.keys(state.dates).length > 0 && state
  })
  const dueAtMs = dates['renewal/0']?.dueAtMs ?? 0
  expect(dueAtMs).toBeGreaterThan(Date.now())
  // No longer new comes before it, and is what it is woken for first.
  expect((await hugo.row()).wake_at?.getTime()).toBeLessThanOrEqual(dueAtMs)
  expect((await hugo.row()).actor_life).toBe(lives)
})

describe("in ops' hands", () => {
  test('an actor that is terminated while it wakes loses nothing', async () => {
    const eva = await new Sleeper().identify()
    await eva.track(COUNTED)
    await eva.asleep()
    await rumbo.stopWorkers()
    await eva.track(COUNTED)
    await eventually('the actor was started', async () => (await eva.status()) === 'RUNNING')
    await (await eva.actor()).terminate()
    await rumbo.startWorkers()
    await eva.track(COUNTED)
    await eventually('all are counted', async () => {
      const state = await eva.state().catch(() => undefined)
      return state !== undefined && countOf(state) === 3
    })
    expect(countOf(await eva.asleep())).toBe(3)
  })

  test('there is nothing to terminate or cancel of one asleep, who lives on', async () => {
    const finn = await new Sleeper().identify()
    await finn.track(COUNTED)
    await finn.asleep()
    await expect((await finn.actor()).terminate()).rejects.toBeInstanceOf(WorkflowNotFoundError)
    await finn.track(COUNTED)
    await eventually('the actor lives', async () => (await finn.row()).actor_life === 2)
    expect(countOf(await finn.asleep())).toBe(2)
  })
})

// By itself: a publication of another test meanwhile would cost one more, as each does.
test('a customer who is quiet costs the engine 11 events to fall asleep, and 9 to be awake and have heard an event', async () => {
  const gus = await new Sleeper().identify()
  await gus.track(COUNTED)
  await gus.asleep()
  await gus.track(COUNTED)
  await eventually('the actor lives again', async () => (await gus.row()).actor_life === 2)
  await gus.asleep()
  const [, second = []] = await gus.histories()
  const quietFrom = second.indexOf('timerFiredEventAttributes')
  const [awake, asleep] = [second.slice(0, quietFrom), second.slice(quietFrom)]
  expect(awake.length, awake.join(' ')).toBeLessThanOrEqual(9)
  expect(asleep.length, asleep.join(' ')).toBeLessThanOrEqual(11)
})
