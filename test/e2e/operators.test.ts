import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError } from '@temporalio/client'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Step } from '../../domain/journeys/step.ts'
import { customerWorkflowId, eventsHappened } from '../../workflows/customer-messages.ts'
import { describeOnEachDatabase } from '../support/database.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

const DAY_MS = 86_400_000
const WELCOMED = ['welcome', 'welcome bye']

const journeys = [
  journey('welcome'),
  journey('tips', {
    arbitration: { mode: 'auto', value: 1 },
    entry: { on: [{ event: 'Tips Wanted' }], reentry: { mode: 'afterExit' } },
    steps: mailsAndWaits('P2D'),
  }),
  journey('returns', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
    entry: { on: [{ event: 'Order Refunded' }] },
  }),
]

describeOnEachDatabase("in ops' hands", (db) => {
  let rumbo: TestRumbo
  /** Customers whose sends stand still in the worker until the promise. */
  const gates = new Map<string, { reached: () => void; opens: Promise<void> }>()

  beforeAll(async () => {
    const borrowed = { db: db(), close: async () => {} }
    rumbo = await startTestRumbo(borrowed, {
      beforeSend: async ({ customerId }) => {
        const gate = gates.get(customerId)
        gate?.reached()
        await gate?.opens
      },
    })
    await rumbo.publish(...journeys)
  })
  afterAll(() => rumbo.stop())

  /** A customer in the middle of the welcome flow. */
  const welcomed = async (): Promise<TestCustomer> => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Signed Up')
    await ana.forward('P5D')
    return ana
  }
  /** Cancels as the UI does; answers how that run of the actor ended. */
  const cancel = async (customer: TestCustomer): Promise<string> => {
    const { workflowId, runId } = await customer.actor.describe()
    const run = rumbo.client.workflow.getHandle(workflowId, runId)
    await run.cancel()
    return eventually('the actor ended', async () => {
      const { status } = await run.describe()
      return status.name !== 'RUNNING' && status.name
    })
  }

  describe.concurrent('Cancel', () => {
    test('ends all runs, stores the snapshot and completes; the next event starts the actor from it', async () => {
      const ana = await welcomed()
      expect(await cancel(ana)).toBe('COMPLETED')
      expect((await ana.story()).at(-1)).toBe('left welcome@1: cancelled_by_operator')
      expect(await ana.runs()).toEqual([])
      const { snapshot_batch, last_batch } = await db()
        .selectFrom('customers')
        .select(['snapshot_batch', 'last_batch'])
        .where('customer_id', '=', ana.customerId)
        .executeTakeFirstOrThrow()
      expect(snapshot_batch).toBe(last_batch)

      await ana.track('Tips Wanted')
      await ana.settle()
      expect(await ana.runs()).toEqual(['tips@1:rest waiting'])
      expect((await ana.state()).facts.counters['Signed Up']?.total).toBe(1)
      await ana.forward('P30D')
      expect(await ana.mails()).toEqual(['welcome', 'tips', 'tips bye'])
    })

    test('in the middle of a send: what has begun ends, and is not sent again', async () => {
      const ana = await TestCustomer.create(rumbo)
      const began = Promise.withResolvers<void>()
      const opens = Promise.withResolvers<void>()
      gates.set(ana.customerId, { reached: began.resolve, opens: opens.promise })
      await ana.track('Signed Up')
      await began.promise
      const cancelled = cancel(ana)
      opens.resolve()
      expect(await cancelled).toBe('COMPLETED')
      expect(await ana.story()).toEqual([
        'entered welcome@1 on Signed Up',
        'left welcome@1: cancelled_by_operator',
      ])
      await ana.track('Product Viewed')
      await ana.forward('P30D')
      expect(await ana.mails()).toEqual(['welcome'])
    })

    test('loses no event that comes in the same moment', async () => {
      const ana = await welcomed()
      const views = Array.from({ length: 5 }, () => rumbo.track(ana.userId, 'Product Viewed'))
      await Promise.all([ana.actor.cancel(), ...views])
      await eventually('all events are counted', async () => {
        const { facts } = await ana.state().catch(() => ({ facts: null }))
        return facts?.counters['Product Viewed']?.total === 5
      })
    })
  })

  test('Cancel and a batch that was handled before, in one task: the actor completes', async () => {
    const ana = await welcomed()
    const { lastBatch, bookHash } = await ana.state()
    await rumbo.stopWorkers()
    const repeated = { n: lastBatch, bookHash: bookHash ?? '', entryRules: [], items: [] }
    await ana.actor.signal(eventsHappened, repeated)
    const cancelled = cancel(ana)
    await rumbo.startWorkers()
    expect(await cancelled).toBe('COMPLETED')
  })

  describe.concurrent('Terminate', () => {
    test('the next event starts the actor where it was; nothing is sent twice', async () => {
      const ana = await welcomed()
      await ana.actor.terminate()
      expect(await ana.track('Product Viewed')).toEqual([])
      await ana.settle()
      expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
      expect((await ana.state()).facts.counters).toMatchObject({
        'Signed Up': { total: 1 },
        'Product Viewed': { total: 1 },
      })
      await ana.forward('P9D')
      expect(await ana.mails()).toEqual(WELCOMED)
      const [hello, bye] = await ana.deliveries()
      expect((Date.parse(bye!.at) - Date.parse(hello!.at)) / DAY_MS).toBeCloseTo(14, 2)
    })

    test('in the middle of a send: its outcome is found and not made again', async () => {
      const ana = await TestCustomer.create(rumbo)
      await ana.forward('P1D')
      const began = Promise.withResolvers<void>()
      const opens = Promise.withResolvers<void>()
      gates.set(ana.customerId, { reached: began.resolve, opens: opens.promise })
      await ana.track('Signed Up')
      await began.promise
      await ana.actor.terminate()
      opens.resolve()
      await eventually('the mail is out', async () => (await ana.mails()).length === 1)
      await ana.track('Product Viewed')
      await ana.settle()
      expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
      await ana.forward('P14D')
      expect(await ana.mails()).toEqual(WELCOMED)
    })
  })

  describe.concurrent('Reset', () => {
    test.each([
      ['the first task', 0],
      ['the middle', 0.5],
      ['the last task', 1],
    ])('to %s: nothing is sent twice, nothing is lost', async (_, share) => {
      const ana = await welcomed()
      await ana.track('Product Viewed')
      await reset(ana, share)
      await ana.track('Product Viewed')
      await ana.settle()
      expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
      expect((await ana.state()).facts.counters['Product Viewed']?.total).toBe(2)
      await ana.forward('P15D')
      expect(await ana.mails()).toEqual(WELCOMED)
      expect(await ana.story()).toEqual([
        'entered welcome@1 on Signed Up',
        'left welcome@1: completed',
      ])
    })
  })

  /** As the UI does: back to that share of the tasks, events after it applied again. */
  const reset = async (customer: TestCustomer, share: number): Promise<void> => {
    const { runId } = await customer.actor.describe()
    const { events } = await customer.actor.fetchHistory()
    const tasks = (events ?? []).filter((each) => each.workflowTaskCompletedEventAttributes)
    const task = tasks[Math.round((tasks.length - 1) * share)]
    await rumbo.client.workflowService.resetWorkflowExecution({
      namespace: rumbo.client.options.namespace,
      workflowExecution: { workflowId: customer.actor.workflowId, runId },
      workflowTaskFinishEventId: task!.eventId!,
      reason: 'test',
      requestId: randomUUID(),
    })
  }

  describe('a faulty definition', () => {
    test.each<[string, Step]>([
      ['a step that goes nowhere', { type: 'wait', for: 'P1D', next: 'nowhere' }],
      ['a step of an unknown type', { type: 'teleport', next: 'bye' } as unknown as Step],
      ['a wait that is no duration', { type: 'wait', for: 'soon', next: 'bye' }],
    ])('%s: the run exits with definition_error and the customer goes on', async (_, rest) => {
      const key = `faulty-${randomUUID()}`
      await rumbo.publish(journey(key, { entry: { on: [{ event: key }] } }))
      const stored = db().updateTable('journey_versions').where('key', '=', key)
      const definition = sql<string>`jsonb_set(definition, '{steps,rest}', ${JSON.stringify(rest)}::jsonb)`
      await stored.set({ definition }).execute()

      const ana = await TestCustomer.create(rumbo)
      await ana.track(key)
      await ana.forward('P2D')
      expect(await ana.story()).toEqual([
        `entered ${key}@1 on ${key}`,
        `left ${key}@1: definition_error`,
      ])
      await ana.track('Tips Wanted')
      await ana.settle()
      expect(await ana.runs()).toEqual(['tips@1:rest waiting'])
      // The next publication reads all versions: it must find them in order.
      await db().deleteFrom('journey_versions').where('key', '=', key).execute()
    })
  })

  describe("the engine's UI", () => {
    const found = async (query: string, customer: TestCustomer): Promise<boolean> => {
      for await (const { workflowId } of rumbo.client.workflow.list({ query }))
        if (workflowId === customer.actor.workflowId) return true
      return false
    }

    test('finds customers by what they are on', async () => {
      const ana = await TestCustomer.create(rumbo)
      await ana.track('Signed Up')
      await ana.settle()
      await eventually('she is found by journey', () => found("Journey = 'welcome'", ana))
      const queries = [
        "JourneyVersion = 'welcome@1'",
        "JourneyStep = 'welcome@1:rest'",
        "Lifecycle = 'new' and Test = true and LockedBy is null",
        'NextWakeAt is not null and LastEventAt is not null',
      ]
      for (const query of queries) await eventually(query, () => found(query, ana))

      await ana.track('Order Refunded')
      await ana.settle()
      await eventually('the lock is shown', () => found("LockedBy = 'returns'", ana))
      expect(await found("Journey = 'welcome'", ana)).toBe(false)
    })

    test('shows a page for a person: where, since when, what next, why', async () => {
      const ana = await TestCustomer.create(rumbo)
      await ana.track('Signed Up')
      await ana.settle()
      const { currentDetails } = await ana.actor.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      )
      expect(currentDetails).toMatch(/^\*\*new\*\* since \d{4}-\d\d-\d\d \d\d:\d\d UTC · /)
      expect(currentDetails).toMatch(/welcome@1 · rest · since .+ · until \d{4}-/)
      expect(currentDetails).toContain('Signed Up → enter welcome')
      const { events } = await ana.actor.fetchHistory()
      const summaries = (events ?? []).flatMap(({ userMetadata }) =>
        userMetadata?.summary?.data ? [Buffer.from(userMetadata.summary.data).toString()] : [],
      )
      expect(summaries).toEqual(
        expect.arrayContaining([
          '"Signed Up · welcome"',
          '"welcome@1 · hello · hello by email"',
          expect.stringMatching(/^"(welcome@1 · rest|lifecycle new) · until \d{4}-.+ UTC"$/),
        ]),
      )
    })

    test('an actor costs nothing before its customer does something that a rule names', async () => {
      const userId = `user-${randomUUID()}`
      await rumbo.track(userId, 'Window Opened')
      const { customer_id: customerId } = await db()
        .selectFrom('identities')
        .select('customer_id')
        .where('value', '=', userId)
        .executeTakeFirstOrThrow()
      const handle = rumbo.client.workflow.getHandle(customerWorkflowId(customerId))
      await expect(handle.describe()).rejects.toBeInstanceOf(WorkflowNotFoundError)
    })
  })
})
