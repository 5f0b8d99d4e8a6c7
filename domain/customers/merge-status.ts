/**
 * How far a merge is. `approved`: a person said yes, and it waits until both customers are free.
 * `leaving`: the loser is to hand over.
 */
export const MERGE_STATUSES = ['quarantined', 'approved', 'rejected', 'leaving', 'done'] as const
export type MergeStatus = (typeof MERGE_STATUSES)[number]
