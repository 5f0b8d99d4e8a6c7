/** All that callers need to know of a rollout: its type, id, input. */

export const ROLLOUT_WORKFLOW = 'rollout'

/** One workflow for each publication, while it is being brought to everybody. */
export const rolloutWorkflowId = (version: number): string => `rollout/lifecycle/${version}`

export interface RolloutInput {
  /** Of the lifecycle rules. */
  readonly version: number
}
