/**
 * A backtest as a job: reads the log, plays it, stores what was found.
 *
 * I1  The thread is kept for some milliseconds at a time: API, dispatcher and actors may live in the
 *     same process.
 * I2  Nothing is stored before the end but progress, so a try that dies leaves nothing to tidy up.
 * I3  Twice a second it looks whether it is still wanted.
 */
import { setImmediate as letOthersRun } from 'node:timers/promises'
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity'
import type { Kysely } from 'kysely'
import { countHappened } from '../db/happened.ts'
import { beginJob, endJob, finishJob, updateProgress } from '../db/jobs.ts'
import { listPinnedVersions } from '../db/pinned-versions.ts'
import { countRecordedCustomers, streamRecordedCustomers } from '../db/recorded-customers.ts'
import { getRuleBook } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { isStoreDown } from '../db/store-down.ts'
import type { BacktestJobInput, BacktestJobProgress } from '../domain/backtest/job-input.ts'
import {
  askForTouchpoints,
  eventNamesOf,
  planBacktest,
  type BacktestPlan,
} from '../domain/backtest/plan.ts'
import type { BacktestComparison, BacktestReport } from '../domain/backtest/report.ts'
import {
  runBacktest,
  runComparison,
  type BacktestInput,
  type BacktestProgress,
} from '../domain/backtest/run-backtest.ts'
import type { JobActivities } from './contract.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** How long the thread is kept before others may run. */
const SLICE_MS = 15
const LOOK_EVERY_MS = 500

/** One try, as the engine sees it. */
export interface Try {
  /** Without progress where none is known yet. */
  readonly heartbeat: (progress?: BacktestJobProgress) => void
  readonly cancellationSignal: AbortSignal
}

export interface JobDeps {
  readonly db: Kysely<Database>
  /** Default: the one that runs. */
  readonly currentTry?: () => Try
}

/** What the workers of the `jobs` queue carry out. */
export const createJobActivities = ({
  db,
  currentTry = () => Context.current(),
}: JobDeps): JobActivities => ({
  async runBacktest({ jobId }) {
    const job = await beginJob(db, jobId)
    if (job === undefined) return
    try {
      await carryOut(db, jobId, job.input as unknown as BacktestJobInput, currentTry())
    } catch (error) {
      if (error instanceof NoLongerWanted) return
      if (error instanceof CancelledFailure || isStoreDown(error)) throw error
      throw ApplicationFailure.nonRetryable(String(error), 'BacktestFailed')
    }
  },
  async endJob({ jobId, as }) {
    const error = as === 'failed' ? 'The backtest broke; the log of the worker says where.' : null
    await endJob(db, jobId, { status: as, error })
  },
})

/** Somebody has cancelled the job. */
class NoLongerWanted extends Error {
  override readonly name = 'NoLongerWanted'
}

async function carryOut(
  db: Kysely<Database>,
  jobId: string,
  input: BacktestJobInput,
  { heartbeat, cancellationSignal }: Try,
): Promise<void> {
  const window = { fromMs: Date.parse(input.from), toMs: Date.parse(input.to) }
  const { sample, throughSeq, compare } = input
  const { live, withDrafts } = await plansOf(db, input)
  const plans = compare ? [live, withDrafts] : [withDrafts]
  const part = {
    names: eventNamesOf(plans),
    toMs: window.toMs,
    throughSeq,
    sample,
    withTouchpoints: askForTouchpoints(plans),
  }
  // A count over a large store takes longer than the engine waits for a sign of life.
  const counting = <T>(count: () => Promise<T>): Promise<T> =>
    withHeartbeat(() => heartbeat(), count)
  const customersTotal = await counting(() => countRecordedCustomers(db, part))

  const startedAtMs = performance.now()
  let sliceBeganAtMs = startedAtMs
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let played: BacktestProgress = { customers: 0, events: 0 }
  const progressNow = (): BacktestJobProgress => {
    const seconds = (performance.now() - startedAtMs) / 1_000
    const perSecond = Math.round(played.customers / Math.max(seconds, 0.001))
    return { ...played, customersTotal, perSecond }
  }
  const pause = async (): Promise<void> => {
    await letOthersRun()
    if (cancellationSignal.aborted) throw new CancelledFailure('The backtest was cancelled')
    if (performance.now() - lookedAtMs >= LOOK_EVERY_MS) {
      const progress = progressNow()
      heartbeat(progress)
      if (!(await updateProgress(db, jobId, progress))) throw new NoLongerWanted()
      lookedAtMs = performance.now()
    }
    sliceBeganAtMs = performance.now()
  }
  const breathe: BacktestInput['breathe'] = (progress) => {
    played = progress
    return performance.now() - sliceBeganAtMs < SLICE_MS ? undefined : pause()
  }
  await pause()

  const common = {
    customers: streamRecordedCustomers(db, part),
    happened: await counting(() => countHappened(db, { ...window, sample })),
    breathe,
  }
  const report: BacktestReport | BacktestComparison = compare
    ? await runComparison({ plan: live, drafts: withDrafts, ...common })
    : await runBacktest({ plan: withDrafts, ...common })
  await finishJob(db, jobId, { progress: progressNow(), report })
}

async function plansOf(
  db: Kysely<Database>,
  input: BacktestJobInput,
): Promise<{ live: BacktestPlan; withDrafts: BacktestPlan }> {
  const book = await getRuleBook(db, input.bookHash)
  const rules = { ...book, facts: { ...book.facts, ...input.facts } }
  const live = (await listPinnedVersions(db, input.live)).map((version) => ({
    ...version,
    draft: false,
  }))
  const drafts = input.drafts.map((version) => ({ ...version, draft: true }))
  const replaced = new Set(drafts.map(({ journey }) => journey.key))
  const shared = {
    window: { fromMs: Date.parse(input.from), toMs: Date.parse(input.to) },
    assume: input.assume,
  }
  return {
    live: planBacktest({ ...shared, rules, versions: live }),
    withDrafts: planBacktest({
      ...shared,
      rules: { ...rules, ...input.rules },
      versions: [...live.filter(({ journey }) => !replaced.has(journey.key)), ...drafts],
    }),
  }
}
