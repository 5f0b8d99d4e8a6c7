import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { listJobsToHandOver, markHandedOver } from '../db/jobs.ts'
import type { Database } from '../db/schema.ts'
import {
  BACKTEST_WORKFLOW,
  backtestWorkflowId,
  type BacktestWorkflowInput,
} from '../workflows/backtest-messages.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import { startRounds, type Rounds } from './rounds.ts'

const JOBS_MAX = 20
const START_WITHIN_MS = 10_000

export interface JobStarterDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/**
 * Hands stored jobs to the engine: at once where one was asked for here, within seconds where the
 * engine was away, or where a process died between the row and the start.
 */
export function startJobStarter({ db, client, onError, everyMs = 5_000 }: JobStarterDeps): Rounds {
  return startRounds(() => handOver(db, client), { everyMs, onError })
}

async function handOver(db: Kysely<Database>, client: Client): Promise<void> {
  for (const { jobId } of await listJobsToHandOver(db, JOBS_MAX)) {
    await startWorkflow(client, jobId)
    await markHandedOver(db, jobId)
  }
}

/** One that the engine has heard of already, whatever became of it, is not started again. */
async function startWorkflow(client: Client, jobId: string): Promise<void> {
  try {
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      client.workflow.start<(input: BacktestWorkflowInput) => Promise<void>>(BACKTEST_WORKFLOW, {
        workflowId: backtestWorkflowId(jobId),
        taskQueue: CUSTOMER_TASK_QUEUE,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        args: [{ jobId }],
      }),
    )
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
  }
}
