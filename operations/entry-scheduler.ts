import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type CalendarSpec,
  type Client,
  type ScheduleSpec,
} from '@temporalio/client'
import type { Kysely } from 'kysely'
import { listAudienceEntries, wasEverScheduled, type LiveAudienceEntry } from '../db/entry-runs.ts'
import type { Database } from '../db/schema.ts'
import { invariant } from '../domain/errors.ts'
import type { AudienceEntry, EntryCalendar } from '../domain/journeys/journey.ts'
import { instantFromIso } from '../domain/time.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import {
  AUDIENCE_ENTRY_WORKFLOW,
  ENTRY_SCHEDULES,
  entryScheduleId,
} from '../workflows/entry-messages.ts'
import { contentHash } from './content-hash.ts'
import { removeSchedule, withinTime } from './engine-schedules.ts'
import { startRounds, type Rounds } from './rounds.ts'

/** A schedule that somebody took away is made again, and one that nobody wants any more goes. */
const LOOK_AGAIN_MS = 5 * 60_000

export interface EntrySchedulerDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/**
 * Has the engine begin the entries of audiences at their times, as live versions say. Any process may do
 * so, and as often as it likes. Whether a schedule is paused may be changed in the engine, and stays.
 */
export function startEntryScheduler(deps: EntrySchedulerDeps): Rounds {
  const { db, client, onError, everyMs = 5_000 } = deps
  let made = new Map<string, string>()
  let lookedAtMs = 0
  const work = async (): Promise<void> => {
    const timed = (await listAudienceEntries(db)).filter(
      ({ audience }) => audience.at !== undefined,
    )
    const wanted = new Map(timed.map((entry) => [entryScheduleId(entry.journey), entry]))
    if (Date.now() - lookedAtMs >= LOOK_AGAIN_MS) {
      // Where none was ever wanted, the engine need not be asked.
      const there = (await wasEverScheduled(db)) ? await listSchedules(client) : []
      made = new Map(there.map((id) => [id, '']))
      lookedAtMs = Date.now()
    }
    for (const [id, entry] of wanted) {
      const says = contentHash(entry.audience.at)
      if (made.get(id) === says) continue
      await withinTime(client, () => ensureSchedule(client, entry, says))
      made.set(id, says)
    }
    for (const id of made.keys()) {
      if (wanted.has(id)) continue
      await withinTime(client, () => removeSchedule(client, id))
      made.delete(id)
    }
  }
  return startRounds(work, { everyMs, onError })
}

const listSchedules = (client: Client): Promise<string[]> =>
  withinTime(client, async () => {
    const found: string[] = []
    for await (const { scheduleId } of client.schedule.list())
      if (scheduleId.startsWith(ENTRY_SCHEDULES)) found.push(scheduleId)
    return found
  })

/** `says`: what its times are made of, by which one is told that says the same already. */
async function ensureSchedule(
  client: Client,
  { journey, audience }: LiveAudienceEntry,
  says: string,
): Promise<void> {
  const scheduleId = entryScheduleId(journey)
  const note = `The audience "${audience.key}" enters. Times ${says.slice(0, 16)}.`
  const spec = specOf(audience)
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
      action: {
        type: 'startWorkflow',
        workflowType: AUDIENCE_ENTRY_WORKFLOW,
        workflowId: scheduleId,
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [{ journey }],
      },
      state: { note },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    const handle = client.schedule.getHandle(scheduleId)
    const { state } = await handle.describe()
    if (state.note === note) return
    await handle.update((before) => ({ ...before, spec, state: { ...before.state, note } }))
  }
}

/** Once, or again and again. */
function specOf({ at }: AudienceEntry): ScheduleSpec {
  invariant(at !== undefined, 'only what has a time is scheduled')
  return typeof at === 'string'
    ? { calendars: [onceAt(at)] }
    : { calendars: [againAt(at)], timezone: at.zone ?? 'UTC' }
}

function onceAt(at: string): CalendarSpec {
  const instant = new Date(instantFromIso(at) ?? Number.NaN)
  return {
    year: instant.getUTCFullYear(),
    month: MONTHS[instant.getUTCMonth()] ?? 'JANUARY',
    dayOfMonth: instant.getUTCDate(),
    hour: instant.getUTCHours(),
    minute: instant.getUTCMinutes(),
    second: instant.getUTCSeconds(),
  }
}

const againAt = ({ hour, minute = 0, weekdays, days, months }: EntryCalendar): CalendarSpec => ({
  hour,
  minute,
  ...(weekdays === undefined ? {} : { dayOfWeek: weekdays.map((day) => WEEKDAYS_OF_ENGINE[day]) }),
  ...(days === undefined ? {} : { dayOfMonth: [...days] }),
  ...(months === undefined ? {} : { month: months.map((month) => MONTHS[month - 1] ?? 'JANUARY') }),
})

const WEEKDAYS_OF_ENGINE = {
  monday: 'MONDAY',
  tuesday: 'TUESDAY',
  wednesday: 'WEDNESDAY',
  thursday: 'THURSDAY',
  friday: 'FRIDAY',
  saturday: 'SATURDAY',
  sunday: 'SUNDAY',
} as const

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const
