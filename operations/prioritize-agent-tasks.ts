import type { Kysely } from 'kysely'
import { listOpenTasks, type WeighedTaskRow } from '../db/agent-task-pages.ts'
import { findCaseSettings } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import {
  compareTasks,
  taskPriority,
  type TaskPriority,
} from '../domain/agent-tasks/task-priority.ts'
import type { CaseSettings } from '../domain/cases/case-rules.ts'

/** Open tasks that are weighed: of more those that end first. */
const OPEN_MAX = 10_000

export interface PrioritizedTask<Row extends WeighedTaskRow = WeighedTaskRow> {
  readonly row: Row
  readonly priority: TaskPriority
}

/** Open tasks that may be proposed now, the most important first, with what makes them so. */
export async function prioritizeAgentTasks(
  db: Kysely<Database>,
  { customerId, nowMs }: { readonly customerId?: string | undefined; readonly nowMs: number },
): Promise<PrioritizedTask[]> {
  const rules = await findCaseSettings(db)
  return inOrder(await listOpenTasks(db, { customerId, nowMs, limit: OPEN_MAX }), rules)
}

/** The same of tasks that were read. */
export const inOrder = <Row extends WeighedTaskRow>(
  rows: readonly Row[],
  { priority: { loyalty } }: CaseSettings,
): PrioritizedTask<Row>[] =>
  rows
    .map((row) => ({ row, priority: taskPriority(row, loyalty) }))
    .toSorted((a, b) => compareTasks(rankOf(a), rankOf(b)))

/** What a task is put in order by. */
export const rankOf = ({ row, priority }: PrioritizedTask) => ({
  points: priority.points,
  expiresAtMs: row.expiresAt.getTime(),
  taskId: row.taskId,
})
