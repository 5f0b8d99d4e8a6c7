import { setTimeout as sleep } from 'node:timers/promises'
import type { BacktestComparison, BacktestReport } from '../../domain/backtest/report.ts'
import { answerOf, inPath } from '../call.ts'
import { note, type Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { CommandFailure, interrupted, Outage } from '../failures.ts'
import { createProgress, type Progress } from '../progress.ts'
import type { Server } from '../server.ts'

const POLL_MS = 500
/** Telling a server to stop, after Ctrl-C has ended everything else. */
const CANCEL_MS_MAX = 5_000

export interface WatchedJob {
  readonly jobId: string
  /** This command began it. Then Ctrl-C cancels it; else Ctrl-C ends the watching only. */
  readonly isOurs: boolean
}

/**
 * Waits for a backtest on the server, showing how far it is.
 *
 * @throws {Outage} the server went away; the job goes on, and the message says how to come back to it
 */
export async function watchJob(
  context: Context,
  server: Server,
  { jobId, isOurs }: WatchedJob,
): Promise<BacktestReport | BacktestComparison> {
  const call = server.client.v1.jobs[':id']
  let isToldToWait = false
  let progress: Progress | undefined
  try {
    for (;;) {
      const job = await answerOf(call.$get({ param: { id: inPath(jobId) } }))
      if (job.report !== null) return job.report as BacktestReport | BacktestComparison
      if (job.status === 'failed' || job.status === 'cancelled')
        throw new CommandFailure(
          EXIT.refused,
          `job_${job.status}`,
          `The backtest was ${job.status === 'failed' ? 'not carried out' : 'cancelled'}${job.error === null ? '' : `: ${job.error}`}.`,
        )
      const { customers = 0, customersTotal = 0, perSecond = 0 } = job.progress ?? {}
      if (customersTotal > 0) {
        // Begun with the work, so that the time left does not count what was waited before.
        progress ??= createProgress(context.stderr)
        progress.show(
          customers / customersTotal,
          `${customers} of ${customersTotal} customers, ${perSecond}/s`,
        )
      } else if (!isToldToWait) {
        isToldToWait = true
        note(context, `Job ${jobId} waits for a worker.`)
      }
      await sleep(POLL_MS, undefined, { signal: context.signal })
    }
  } catch (error) {
    const comeBack = `To see it again: rumbo backtest --job ${jobId}`
    if (context.signal.aborted) {
      if (!isOurs) throw interrupted(`Not watched any more; the job goes on. ${comeBack}`)
      await cancel(server, jobId)
      throw interrupted(`Interrupted; the job ${jobId} is cancelled.`)
    }
    if (error instanceof Outage) throw new Outage(`${error.message} The job goes on. ${comeBack}`)
    throw error
  } finally {
    progress?.end()
  }
}

/** The calls of everybody else have just been ended: this one has a signal of its own. */
async function cancel({ client }: Server, jobId: string): Promise<void> {
  await answerOf(
    client.v1.jobs[':id'].cancel.$post(
      { param: { id: inPath(jobId) } },
      { init: { signal: AbortSignal.timeout(CANCEL_MS_MAX) } },
    ),
  )
}
