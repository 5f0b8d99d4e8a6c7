/** All that callers need to know of the entry of an audience: its type, ids, schedule, input. */

export const AUDIENCE_ENTRY_WORKFLOW = 'audienceEntry'

/** What the ids of the schedules begin with, and nobody else's. */
export const ENTRY_SCHEDULES = 'entry/'

/** Id of a journey's schedule, and what the ids of the workflows that it starts begin with. */
export const entryScheduleId = (journey: string): string => ENTRY_SCHEDULES + journey

/** The workflow of an entry that somebody began. */
export const entryWorkflowId = (journey: string, entryId: string): string =>
  `${entryScheduleId(journey)}/${entryId}`

export interface AudienceEntryInput {
  readonly journey: string
  /** Absent: it is to begin. */
  readonly entryId?: string
}
