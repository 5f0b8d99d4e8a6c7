import { randomUUID } from 'node:crypto'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { CustomerActivities } from '../activities/contract.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { EventBatch, Loaded } from '../domain/actor/inputs.ts'
import { newCustomer } from '../domain/actor/new-customer.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { startTestEngine } from '../test/support/engine.ts'
import { processLog } from '../test/support/process-log.ts'
import { bookOf } from '../test/support/rule-book.ts'
import {
  CUSTOMER_TASK_QUEUE,
  CUSTOMER_WORKFLOW,
  customerState,
  customerWorkflowId,
  eventsHappened,
  whenHandled,
} from './customer-messages.ts'

/*
 * What comes while an actor is on its way to sleep, put exactly there: the activity that marks it
 * asleep does it. SQL is a few fields here.
 */

const COUNTED = 'Product Viewed'
const named = bookOf({ events: { [COUNTED]: {} } })
const book: RuleBook = { ...named, lifecycle: { ...named.lifecycle, hibernateAfter: 'PT1S' } }
const NOTHING_STORED: Omit<Loaded, 'book'> = {
  definitions: [],
  events: {},
  traits: {},
  has: {},
  returned: [],
  returnedAtMs: [],
}

/** What SQL would hold of one customer. */
interface Stored {
  snapshot: CustomerState | null
  life: number
  /** Called for every time that it is to be put to sleep, before it is. Answers whether it is refused. */
  onSleep: (actor: WorkflowHandle, time: number) => Promise<boolean | void>
  sleeps: number
}

const started = new AsyncDisposableStack()
const stored = new Map<string, Stored>()
let client: Client

beforeAll(async () => {
  processLog()
  const engine = await startTestEngine()
  started.defer(engine.stop)
  const { address } = engine
  const connection = await NativeConnection.connect({ address })
  started.defer(() => connection.close())
  client = connectTemporal({ address, namespace: 'default' })
  started.defer(() => client.connection.close())
  const activities: Pick<
    CustomerActivities,
    'restoreCustomer' | 'loadRules' | 'recordTurn' | 'fallAsleep'
  > = {
    restoreCustomer: async ({ customerId }) => {
      const row = rowOf(customerId)
      row.life++
      const { snapshot, life } = row
      return { snapshot, life, test: false, zone: 'UTC', known: true }
    },
    loadRules: async () => ({ ...NOTHING_STORED, book }),
    recordTurn: async () => {},
    fallAsleep: async ({ snapshot, life }) => {
      const row = rowOf(snapshot.customerId)
      if (life === row.life) row.snapshot = snapshot
      const isRefused = await row.onSleep(handleOf(snapshot.customerId), ++row.sleeps)
      return life === row.life && isRefused !== true
    },
  }
  const worker = await Worker.create({
    connection,
    taskQueue: CUSTOMER_TASK_QUEUE,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities,
  })
  const running = worker.run()
  started.defer(async () => {
    worker.shutdown()
    await running
  })
})
afterAll(() => started.disposeAsync())

function rowOf(customerId: string): Stored {
  const row = stored.get(customerId)
  if (row === undefined) throw new Error(`no customer ${customerId}`)
  return row
}

const handleOf = (customerId: string): WorkflowHandle =>
  client.workflow.getHandle(customerWorkflowId(customerId))

/** Nothing but one import, so that the actor sleeps at once. */
const importOf = (n: number): EventBatch => ({
  n,
  bookHash: book.hash,
  entryRules: [],
  items: [
    {
      type: 'event',
      seq: n,
      name: COUNTED,
      occurredAtMs: Date.now(),
      receivedAtMs: Date.now(),
      historical: true,
      properties: {},
    },
  ],
})

/** Starts an actor with a first import; answers what is stored when it has ended. */
async function live(
  onSleep: Stored['onSleep'],
): Promise<{ customerId: string; row: Stored; ended: () => Promise<string> }> {
  const customerId = randomUUID()
  const row: Stored = { snapshot: null, life: 0, onSleep, sleeps: 0 }
  stored.set(customerId, row)
  await client.workflow.signalWithStart(CUSTOMER_WORKFLOW, {
    workflowId: customerWorkflowId(customerId),
    taskQueue: CUSTOMER_TASK_QUEUE,
    args: [{ customerId }],
    signal: eventsHappened,
    signalArgs: [importOf(1)],
  })
  const ended = async (): Promise<string> => {
    await handleOf(customerId).result()
    return (await handleOf(customerId).describe()).status.name
  }
  return { customerId, row, ended }
}

const countIn = ({ snapshot }: Stored): number | undefined =>
  snapshot?.facts.counters[COUNTED]?.total

test('sleeps at once after an import, with what it heard', async () => {
  const { row, ended } = await live(async () => {})
  expect(await ended()).toBe('COMPLETED')
  expect(row).toMatchObject({ sleeps: 1, life: 1, snapshot: { lastBatch: 1 } })
  expect(countIn(row)).toBe(1)
})

test('a batch that comes after it was marked asleep is heard on what is stored then', async () => {
  const { row, ended } = await live(async (actor, time) => {
    if (time > 1) return
    // A process has applied batch 2 to what is stored; batch 3 is brought by a signal.
    const snapshot =
      row.snapshot ?? newCustomer({ customerId: '', test: false, zone: '', known: true }, 0)
    const { facts } = snapshot
    row.snapshot = {
      ...snapshot,
      lastBatch: 2,
      facts: { ...facts, counters: { [COUNTED]: { since: 1, total: 2, recentMs: [1, 2] } } },
    }
    await actor.signal(eventsHappened, importOf(3))
  })
  expect(await ended()).toBe('COMPLETED')
  expect(row).toMatchObject({ sleeps: 2, life: 2, snapshot: { lastBatch: 3 } })
  expect(countIn(row)).toBe(3)
})

test('a caller who waits is answered before it sleeps', async () => {
  let answer: Promise<unknown> | undefined
  const { row, ended } = await live(async (actor, time) => {
    if (time > 1) return
    answer = actor.executeUpdate(whenHandled, { args: [{ seqs: [2] }] })
    await actor.signal(eventsHappened, importOf(2))
  })
  expect(await ended()).toBe('COMPLETED')
  expect(await answer).toEqual([{ seq: 2, decisionId: null }])
  expect(row).toMatchObject({ life: 2, snapshot: { lastBatch: 2 } })
})

test('one whose other life has begun takes up what is stored, and sleeps then', async () => {
  const { row, ended } = await live(async (_, time) => {
    if (time === 1) row.life++
  })
  expect(await ended()).toBe('COMPLETED')
  expect(row).toMatchObject({ sleeps: 2, life: 3, snapshot: { lastBatch: 1 } })
})

test('Cancel on the way to sleep ends it; with a batch in the same moment nothing is lost', async () => {
  const first = await live(async (actor) => {
    await actor.cancel()
  })
  expect(await first.ended()).toBe('COMPLETED')
  expect(first.row).toMatchObject({ sleeps: 1, snapshot: { lastBatch: 1 } })

  const second = await live(async (actor, time) => {
    if (time > 1) return
    await actor.cancel()
    await actor.signal(eventsHappened, importOf(2))
  })
  expect(await second.ended()).toBe('COMPLETED')
  expect(second.row).toMatchObject({ snapshot: { lastBatch: 2 } })
  expect(countIn(second.row)).toBe(2)
})

test('goes on where the engine shows it after its end', async () => {
  const { customerId, row, ended } = await live(async () => {})
  await ended()
  expect(await handleOf(customerId).query(customerState)).toEqual(row.snapshot)
})
