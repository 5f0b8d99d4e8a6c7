/** All that callers need to know of a look at a watched audience: its type, ids, schedule, input. */

export const AUDIENCE_WATCH_WORKFLOW = 'audienceWatch'

/** What the ids of the schedules begin with, and nobody else's. */
export const WATCH_SCHEDULES = 'watch/'

/** Id of an audience's schedule, and what the ids of the workflows that it starts begin with. */
export const watchScheduleId = (audience: string): string => WATCH_SCHEDULES + audience

export interface AudienceWatchInput {
  readonly audience: string
}
