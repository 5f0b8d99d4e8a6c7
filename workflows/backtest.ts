import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow'
import type { JobActivities } from '../activities/contract.ts'
import { JOB_TASK_QUEUE, type BacktestWorkflowInput } from './backtest-messages.ts'

/**
 * A worker that dies is noticed by the missing heartbeat, and another begins anew. A cancelled try
 * ends within a second and is waited for.
 */
const { runBacktest } = proxyActivities<Pick<JobActivities, 'runBacktest'>>({
  taskQueue: JOB_TASK_QUEUE,
  startToCloseTimeout: '24h',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', maximumInterval: '1m' },
})

const { endJob } = proxyActivities<Pick<JobActivities, 'endJob'>>({
  taskQueue: JOB_TASK_QUEUE,
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
})

/** One backtest, from the queue to its report in SQL. What it is about stands in the row of the job. */
export async function backtest({ jobId }: BacktestWorkflowInput): Promise<void> {
  try {
    await runBacktest({ jobId })
  } catch (error) {
    await CancellationScope.nonCancellable(() =>
      endJob({ jobId, as: isCancellation(error) ? 'cancelled' : 'failed' }),
    )
    throw error
  }
}
