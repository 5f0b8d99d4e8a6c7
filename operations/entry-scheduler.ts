import type { CalendarSpec, ScheduleSpec } from '@temporalio/client'
import { listAudienceEntries, wasEverScheduled } from '../db/entry-runs.ts'
import { invariant } from '../domain/errors.ts'
import type { AudienceEntry, EntryCalendar } from '../domain/journeys/journey.ts'
import { instantFromIso } from '../domain/time.ts'
import {
  AUDIENCE_ENTRY_WORKFLOW,
  ENTRY_SCHEDULES,
  entryScheduleId,
} from '../workflows/entry-messages.ts'
import { keepSchedules, type ScheduleKeeperDeps } from './keep-schedules.ts'
import type { Rounds } from './rounds.ts'

/** Has the engine begin the entries of audiences at their times, as live versions say. */
export const startEntryScheduler = (deps: ScheduleKeeperDeps): Rounds =>
  keepSchedules(deps, {
    prefix: ENTRY_SCHEDULES,
    wasEverWanted: wasEverScheduled,
    listWanted: async (db) =>
      (await listAudienceEntries(db))
        .filter(({ audience }) => audience.at !== undefined)
        .map(({ journey, audience }) => ({
          scheduleId: entryScheduleId(journey),
          spec: specOf(audience),
          workflowType: AUDIENCE_ENTRY_WORKFLOW,
          input: { journey },
          catchupWindow: '1 hour',
          note: `The audience "${audience.key}" enters.`,
          beginsAtOnce: false,
        })),
  })

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
