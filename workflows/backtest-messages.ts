/** All that callers need to start and cancel a backtest. */

export const BACKTEST_WORKFLOW = 'backtest'
/** Long computations have a queue of their own, so that they never hold up actors or sends. */
export const JOB_TASK_QUEUE = 'jobs'

export const backtestWorkflowId = (jobId: string): string => `backtest/${jobId}`

export interface BacktestWorkflowInput {
  readonly jobId: string
}
