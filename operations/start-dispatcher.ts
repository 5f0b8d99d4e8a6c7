import { isGrpcServiceError, type Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { releaseAllLeases } from '../db/leases.ts'
import type { Database } from '../db/schema.ts'
import type { EventBatch } from '../domain/actor/inputs.ts'
import {
  CUSTOMER_TASK_QUEUE,
  CUSTOMER_WORKFLOW,
  customerWorkflowId,
  eventsHappened,
  type CustomerInput,
} from '../workflows/customer-messages.ts'
import { alignActorClock } from './align-actor-clock.ts'
import { applyOutside } from './apply-outside.ts'
import { compareWithPopulation } from './compare-with-population.ts'
import { createDispatcher, type DispatcherDeps } from './dispatcher.ts'
import { expireAgentTasks } from './expire-agent-tasks.ts'
import { startMerger } from './merger.ts'
import type { PublishedRules } from './published-rules.ts'
import { startRounds } from './rounds.ts'
import { startSweeper } from './sweeper.ts'
import { wakeSleepers } from './wake-sleepers.ts'

/** Well below the lease, and long enough for an engine that is under load. */
const DELIVER_WITHIN_MS = 10_000
/** How often it is asked whether the population is to be counted. */
const POPULATION_EVERY_MS = 60_000
/** How often it is asked whose sleep is over. */
const WAKE_EVERY_MS = 1_000
/** How often it is asked which proposals to the call centre have had their time. */
const TASKS_EVERY_MS = 1_000

export interface StartDispatcherDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  readonly onError: DispatcherDeps['onError']
  /** No other process uses this database: leases of a process that died need not run out first. */
  readonly exclusive: boolean
}

export interface RunningDispatcher {
  readonly wake: (customerIds: readonly string[]) => void
  readonly stop: () => Promise<void>
}

/** Starts bringing the log to the actors of a real engine, beginning with what is left from before. */
export async function startDispatcher(deps: StartDispatcherDeps): Promise<RunningDispatcher> {
  const { db, rules, client, onError, exclusive } = deps
  if (exclusive) await releaseAllLeases(db)
  const deliver: DispatcherDeps['deliver'] = async ({ customerId, test }, batch) => {
    if (await applyOutside({ db, rules, now: Date.now }, customerId, batch)) return
    if (test) await alignActorClock({ db, client }, customerId)
    await signalActor(client, customerId, batch)
  }
  const dispatcher = createDispatcher({ db, rules, deliver, isOutage, onError })
  const sweeper = startSweeper({ db, dispatcher, onError: (error) => onError(error, {}) })
  const merger = startMerger({
    db,
    rules,
    dispatcher,
    now: Date.now,
    onError: (error) => onError(error, {}),
  })
  // Beside the sweeper: a count over everybody takes its time.
  const population = startRounds(() => compareWithPopulation({ db, rules, now: Date.now }), {
    everyMs: POPULATION_EVERY_MS,
    onError: (error) => onError(error, {}),
  })
  const sleepers = startRounds(() => wakeSleepers({ db, client, now: Date.now }), {
    everyMs: WAKE_EVERY_MS,
    onError: (error) => onError(error, {}),
  })
  const onPending = (customerIds: string[]): void => dispatcher.wake(customerIds)
  const tasks = startRounds(() => expireAgentTasks({ db, rules, now: Date.now, onPending }), {
    everyMs: TASKS_EVERY_MS,
    onError: (error) => onError(error, {}),
  })
  return {
    wake: dispatcher.wake,
    stop: async () => {
      await Promise.all(
        [sweeper, merger, population, sleepers, tasks].map((rounds) => rounds.stop()),
      )
      await dispatcher.stop()
    },
  }
}

/** Signals the customer's actor and starts it where there is none: one call, so neither can get lost. */
async function signalActor(client: Client, customerId: string, batch: EventBatch): Promise<void> {
  await client.withDeadline(Date.now() + DELIVER_WITHIN_MS, () =>
    client.workflow.signalWithStart<(input: CustomerInput) => Promise<void>, [EventBatch]>(
      CUSTOMER_WORKFLOW,
      {
        workflowId: customerWorkflowId(customerId),
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [{ customerId }],
        signal: eventsHappened,
        signalArgs: [batch],
      },
    ),
  )
}

/** gRPC codes with which an engine that is there answers one request: it is this batch, or this actor. */
const ANSWERS = new Map([
  [3, 'INVALID_ARGUMENT'],
  [6, 'ALREADY_EXISTS'],
  [8, 'RESOURCE_EXHAUSTED'],
  [9, 'FAILED_PRECONDITION'],
  [10, 'ABORTED'],
  [11, 'OUT_OF_RANGE'],
])

/** Whether the engine is away, as far as a failed call tells. */
function isOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (isGrpcServiceError(cause)) return !ANSWERS.has(cause.code)
  return false
}
