import type { JsonObject } from '../json.ts'
import type { AgentTaskEnd } from './task-state.ts'

const NAMES: Readonly<Record<AgentTaskEnd, string>> = {
  accepted: 'Agent Task Accepted',
  declined: 'Agent Task Declined',
  expired: 'Agent Task Expired',
  withdrawn: 'Agent Task Withdrawn',
  done: 'Agent Task Done',
}

/** The task that something became of. */
export interface TaskSubject {
  readonly taskId: string
  readonly journey: string
  readonly version: number
  readonly step: string
  readonly message: string
}

/**
 * The event of the customer that says what became of a task; the same for a repeat, which so counts once.
 * It holds the agent's code, or why the run ended, and neither texts nor notes, which may name somebody: rules can read it.
 */
export function taskEvent(
  { taskId, journey, version, step, message }: TaskSubject,
  { status, reason }: { readonly status: AgentTaskEnd; readonly reason: string | null },
): { name: string; messageId: string; properties: JsonObject } {
  return {
    name: NAMES[status],
    messageId: `agent-task:${taskId}:${status}`,
    properties: {
      task_id: taskId,
      journey,
      version,
      step,
      message,
      ...(reason === null ? {} : { reason }),
    },
  }
}
