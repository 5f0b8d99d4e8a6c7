import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { findOpenRun } from '../db/retention-runs.ts'
import { findRulesInForce } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { deletesAnything } from '../domain/retention/retention-plan.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import { RETENTION_SCHEDULE, RETENTION_WORKFLOW } from '../workflows/retention-messages.ts'
import { removeSchedule, withinTime } from './engine-schedules.ts'
import { startRounds, type Rounds } from './rounds.ts'

/** A schedule that somebody took away is made again. */
const LOOK_AGAIN_MS = 5 * 60_000
/** Each day at an hour at which little happens in Europe and America. */
const DAILY = { hour: 4, minute: 20 }

export interface RetentionSchedulerDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/**
 * Has the engine start a deletion a day while retention rules delete anything, and one at once where it was
 * asked for. Any process may do so, and as often as it likes. When a day's deletion is, and whether it is
 * paused, may be changed at the schedule in the engine: what is there is left as it is.
 */
export function startRetentionScheduler(deps: RetentionSchedulerDeps): Rounds {
  const { db, client, onError, everyMs = 5_000 } = deps
  let looked: { readonly isWanted: boolean; readonly atMs: number } | undefined
  const work = async (): Promise<void> => {
    const [rules, open] = await Promise.all([findRulesInForce(db, 'retention'), findOpenRun(db)])
    const isWanted = rules !== undefined && deletesAnything(rules.document)
    if (looked?.isWanted !== isWanted || Date.now() - looked.atMs >= LOOK_AGAIN_MS) {
      // Where there never were any rules, the engine need not be asked.
      if (rules !== undefined)
        await withinTime(client, () =>
          isWanted ? ensureSchedule(client) : removeSchedule(client, RETENTION_SCHEDULE),
        )
      looked = { isWanted, atMs: Date.now() }
    }
    if (isWanted && open?.status === 'asked')
      await withinTime(client, () =>
        client.schedule.getHandle(RETENTION_SCHEDULE).trigger(ScheduleOverlapPolicy.SKIP),
      )
  }
  return startRounds(work, { everyMs, onError })
}

async function ensureSchedule(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: RETENTION_SCHEDULE,
      spec: { calendars: [{ ...DAILY, comment: 'Every day, UTC' }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' },
      action: {
        type: 'startWorkflow',
        workflowType: RETENTION_WORKFLOW,
        workflowId: RETENTION_SCHEDULE,
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [],
      },
      state: { note: 'Deletes what the retention rules keep no longer.' },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
