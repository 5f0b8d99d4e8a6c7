import type { Transaction } from 'kysely'
import type { AgentTaskRow } from '../db/agent-task-pages.ts'
import { decideLockedTask, type AgentTaskDecision } from '../db/agent-tasks.ts'
import type { Database } from '../db/schema.ts'
import { taskEvent } from '../domain/agent-tasks/task-event.ts'
import { appendEvent, type LockedCustomer } from './append-command.ts'

/** Writes what became of a locked task of a locked customer, and says so in the customer's log. */
export async function settleAgentTask(
  trx: Transaction<Database>,
  customer: LockedCustomer,
  task: AgentTaskRow,
  decision: AgentTaskDecision,
): Promise<void> {
  await decideLockedTask(trx, task.taskId, decision)
  const event = taskEvent(task, decision)
  await appendEvent(trx, customer, { ...event, atMs: decision.at.getTime() })
}
