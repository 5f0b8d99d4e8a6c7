/** All that callers need to know of the deletion by age: its type, its schedule. */

export const RETENTION_WORKFLOW = 'retention'

/** Id of the schedule, and what the ids of the workflows that it starts begin with. */
export const RETENTION_SCHEDULE = 'retention'
