/**
 * `open` until an agent decides, nobody did in time, or it is `withdrawn` with its run; `accepted` until it is
 * `done`.
 */
export const AGENT_TASK_STATUSES = [
  'open',
  'accepted',
  'declined',
  'expired',
  'withdrawn',
  'done',
] as const
export type AgentTaskStatus = (typeof AGENT_TASK_STATUSES)[number]

/** What becomes of a task, by an agent, by time or with its run. */
export type AgentTaskEnd = Exclude<AgentTaskStatus, 'open'>

/** From which a task may come to each state. What was done at once was never accepted before. */
const FROM: Readonly<Record<AgentTaskEnd, readonly AgentTaskStatus[]>> = {
  accepted: ['open'],
  declined: ['open', 'accepted'],
  expired: ['open'],
  withdrawn: ['open'],
  done: ['open', 'accepted'],
}

/** Whether a task may come to `to`; it is there already where both are the same. */
export const mayBecome = (from: AgentTaskStatus, to: AgentTaskEnd): boolean =>
  FROM[to].includes(from)

/** Of a proposal that does not say. */
export const PRIORITY_DEFAULT = 50
export const EXPIRES_IN_DEFAULT = 'P2D'
