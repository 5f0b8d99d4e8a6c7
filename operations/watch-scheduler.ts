import { listWatched, wasEverWatched } from '../db/audience-watches.ts'
import { durationMs } from '../domain/time.ts'
import {
  AUDIENCE_WATCH_WORKFLOW,
  WATCH_SCHEDULES,
  watchScheduleId,
} from '../workflows/watch-messages.ts'
import { keepSchedules, type ScheduleKeeperDeps } from './keep-schedules.ts'
import type { Rounds } from './rounds.ts'

/** Has the engine look, as often as each says, who has come into a watched audience and who has gone. */
export const startWatchScheduler = (deps: ScheduleKeeperDeps): Rounds =>
  keepSchedules(deps, {
    prefix: WATCH_SCHEDULES,
    wasEverWanted: wasEverWatched,
    listWanted: async (db) =>
      (await listWatched(db)).map(({ key, watch }) => ({
        scheduleId: watchScheduleId(key),
        spec: { intervals: [{ every: durationMs(watch) }] },
        workflowType: AUDIENCE_WATCH_WORKFLOW,
        input: { audience: key },
        catchupWindow: '5 minutes',
        note: `Who has come into the audience "${key}", and who has gone.`,
        beginsAtOnce: true,
      })),
  })
