import { sql, type Kysely } from 'kysely'
import type { AgentTaskStatus } from '../domain/agent-tasks/task-state.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import { IS_PERSON } from './people.ts'
import type { Database } from './schema.ts'

/** A proposal to the call centre, as it is stored. Instants are on its customer's clock. */
export interface AgentTaskRow {
  readonly taskId: string
  readonly customerId: string
  readonly journey: string
  readonly version: number
  readonly step: string
  readonly message: string
  readonly class: MessageClass
  readonly title: string
  readonly text: string
  readonly reason: string
  readonly priority: number
  readonly status: AgentTaskStatus
  readonly createdAt: Date
  readonly expiresAt: Date
  /** Why the run ended that it goes with; null: it does not, or the run goes on. */
  readonly withdrawnFor: string | null
  readonly offeredTo: string | null
  readonly offeredUntil: Date | null
  readonly decidedAt: Date | null
  readonly decidedBy: string | null
  readonly decisionReason: string | null
  readonly note: string | null
}

/** A task with what its priority is reckoned from. */
export interface WeighedTaskRow extends AgentTaskRow {
  readonly traits: JsonObject
}

/** Of the row `t` of `agent_tasks`. */
export const AGENT_TASK_COLUMNS = sql`t.task_id as "taskId", t.customer_id as "customerId",
  t.journey, t.version, t.step, t.message, t.class, t.title, t.text, t.reason, t.priority, t.status,
  t.created_at as "createdAt", t.expires_at as "expiresAt", t.withdrawn_for as "withdrawnFor", t.offered_to as "offeredTo",
  t.offered_until as "offeredUntil", t.decided_at as "decidedAt", t.decided_by as "decidedBy",
  t.decision_reason as "decisionReason", t.note`

export interface AgentTaskFilter {
  /** Without one, tasks of test customers are left out. */
  readonly customerId?: string | undefined
  readonly status?: AgentTaskStatus | undefined
}

/** Proposed last comes first. */
export async function listAgentTasks(
  db: Kysely<Database>,
  input: AgentTaskFilter & {
    readonly limit: number
    readonly after?: { readonly createdAt: Date; readonly taskId: string } | undefined
  },
): Promise<WeighedTaskRow[]> {
  const { limit, after, status } = input
  const { rows } = await sql<WeighedTaskRow>`
    select ${AGENT_TASK_COLUMNS}, c.traits
    from agent_tasks t join customers c on c.customer_id = t.customer_id
    where ${whose(input)}
      and ${status === undefined ? sql`true` : sql`t.status = ${status}`}
      and ${
        after === undefined
          ? sql`true`
          : sql`(t.created_at, t.task_id) < (${after.createdAt}::timestamptz, ${after.taskId})`
      }
    order by t.created_at desc, t.task_id desc limit ${limit}`.execute(db)
  return rows
}

/** Tasks that may be proposed now, those that end first before the others. */
export async function listOpenTasks(
  db: Kysely<Database>,
  input: Pick<AgentTaskFilter, 'customerId'> & { readonly nowMs: number; readonly limit: number },
): Promise<WeighedTaskRow[]> {
  const { nowMs, limit } = input
  const { rows } = await sql<WeighedTaskRow>`
    select ${AGENT_TASK_COLUMNS}, c.traits
    from agent_tasks t join customers c on c.customer_id = t.customer_id
    where ${whose(input)} and t.status = 'open'
      and t.expires_at > to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0)
    order by t.expires_at, t.task_id limit ${limit}`.execute(db)
  return rows
}

export async function findAgentTask(
  db: Kysely<Database>,
  taskId: string,
): Promise<WeighedTaskRow | undefined> {
  const { rows } = await sql<WeighedTaskRow>`
    select ${AGENT_TASK_COLUMNS}, c.traits
    from agent_tasks t join customers c on c.customer_id = t.customer_id
    where t.task_id = ${taskId} and c.erasing_at is null`.execute(db)
  return rows[0]
}

const whose = ({ customerId }: AgentTaskFilter) =>
  customerId === undefined ? IS_PERSON : sql`t.customer_id = ${customerId}`
