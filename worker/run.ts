import type { PayloadCodec } from '@temporalio/common'
import type { NativeConnection, WorkerOptions, WorkflowBundleOption } from '@temporalio/worker'
import { Worker } from '@temporalio/worker'
import type { Kysely } from 'kysely'
import type { CallActivities, DeliveryActivities } from '../activities/contract.ts'
import { createCustomerActivities } from '../activities/index.ts'
import { createJobActivities } from '../activities/run-backtest.ts'
import type { Channels } from '../channels/channel.ts'
import type { Database } from '../db/schema.ts'
import { CHANNELS } from '../domain/journeys/values.ts'
import { JOB_TASK_QUEUE } from '../workflows/backtest-messages.ts'
import { CUSTOMER_TASK_QUEUE, deliveryTaskQueue } from '../workflows/customer-messages.ts'
import { bundleWorkflows } from './bundle.ts'

/** Actors kept warm in this process; `bench/` prints the heap that each takes. */
const CACHED_ACTORS_MAX = 2_000
/** A send that has started may end; the longest takes 30 s. */
const SHUTDOWN_GRACE = '35s'
/** A job is cut short at once; another worker begins it anew. */
const JOB_SHUTDOWN_GRACE = 0

export interface WorkerDeps {
  readonly connection: NativeConnection
  readonly namespace: string
  readonly db: Kysely<Database>
  /** What carries sends out; as many at once as their channel takes. */
  readonly deliveries: DeliveryActivities
  /** What carries webhook steps out, on the queue of channel `webhook`. */
  readonly calls: CallActivities
  readonly channels: Channels
  /** Made when left out; several workers of one process can share one. */
  readonly workflowBundle?: WorkflowBundleOption
  /** As the clients of the same engine have it. Absent: payloads are as they are. */
  readonly codec?: PayloadCodec
  /** What interceptors of that bundle report to. */
  readonly sinks?: NonNullable<WorkerOptions['sinks']>
}

/** Workers that run. */
export interface RunningWorkers {
  /** Takes no new work, lets what has started end. */
  readonly stop: () => Promise<void>
  /** Rejects when a worker dies by itself. */
  readonly ended: Promise<void>
}

/**
 * Runs actors and their decisions on one queue, and the sends of every channel on a queue of its
 * own, so that a throttled provider never holds up decisions.
 */
export async function startWorkers({
  connection,
  namespace,
  db,
  deliveries,
  calls,
  channels,
  workflowBundle,
  codec,
  sinks,
}: WorkerDeps): Promise<RunningWorkers> {
  const shared = {
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    ...(codec === undefined ? {} : { dataConverter: { payloadCodecs: [codec] } }),
  }
  const workers = await allOrNone([
    Worker.create({
      ...shared,
      taskQueue: CUSTOMER_TASK_QUEUE,
      workflowBundle: workflowBundle ?? (await bundleWorkflows()),
      activities: createCustomerActivities({ db, channels, now: Date.now }),
      maxCachedWorkflows: CACHED_ACTORS_MAX,
      ...(sinks === undefined ? {} : { sinks }),
    }),
    Worker.create({
      ...shared,
      taskQueue: JOB_TASK_QUEUE,
      activities: createJobActivities({ db }),
      // Each takes what it gets of the one thread; two at once would both be late.
      maxConcurrentActivityTaskExecutions: 1,
      // So soon a cancellation in the engine's UI is heard of.
      maxHeartbeatThrottleInterval: '500ms',
      shutdownGraceTime: JOB_SHUTDOWN_GRACE,
    }),
    ...CHANNELS.map((channel) =>
      Worker.create({
        ...shared,
        taskQueue: deliveryTaskQueue(channel),
        activities: channel === 'webhook' ? { ...deliveries, ...calls } : { ...deliveries },
        maxConcurrentActivityTaskExecutions: channels[channel].concurrencyMax,
      }),
    ),
  ])
  const ended = Promise.all(workers.map((worker) => worker.run())).then(() => {})
  // Reported to whoever waits for `ended`; without anybody it must not end the process by itself.
  ended.catch(() => {})
  return {
    ended,
    stop: async () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
      await ended
    },
  }
}

/** Where one cannot be made the others let go of their connection again, which only a worker that has run does. */
async function allOrNone(making: readonly Promise<Worker>[]): Promise<Worker[]> {
  const made = await Promise.allSettled(making)
  const failed = made.find(({ status }) => status === 'rejected')
  const workers = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  if (failed?.status !== 'rejected') return workers
  await Promise.all(
    workers.map(async (worker) => {
      const run = worker.run()
      worker.shutdown()
      await run
    }),
  )
  throw failed.reason
}
