import { sql, type Kysely, type Transaction } from 'kysely'
import {
  EXPIRES_IN_DEFAULT,
  PRIORITY_DEFAULT,
  type AgentTaskEnd,
} from '../domain/agent-tasks/task-state.ts'
import type { AgentTaskContent } from '../domain/journeys/journey.ts'
import { durationMs } from '../domain/time.ts'
import { AGENT_TASK_COLUMNS, type AgentTaskRow } from './agent-task-pages.ts'
import type { Database } from './schema.ts'
import { lockSurvivors } from './survivors.ts'

/**
 * Keeps what a delivery proposes to the call centre, from the instant at which it was sent; one that is
 * there stays as it is. False: its customer is gone, or about to be.
 *
 * Locks: the customer, against a merge, which takes along what stands under the loser's id.
 */
export async function keepAgentTask(
  db: Kysely<Database>,
  { deliveryId, content }: { readonly deliveryId: string; readonly content: AgentTaskContent },
): Promise<boolean> {
  const { title, text, reason, priority = PRIORITY_DEFAULT } = content
  const { expiresIn = EXPIRES_IN_DEFAULT, withdrawWithRun = false } = content
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ owner: string; runId: string }>`
    with sent as materialized (
      select d.*, c.test, coalesce(c.merged_into, c.customer_id) as owner
      from deliveries d join customers c on c.customer_id = d.customer_id
      where d.delivery_id = ${deliveryId} and c.erasing_at is null
      for share of c
    ), kept as (
      insert into agent_tasks (task_id, customer_id, test, journey, version, step, message, class, title,
        text, reason, priority, status, created_at, expires_at, withdraw_with_run)
      select delivery_id, owner, test, journey, version, step, message,
        coalesce(class, 'marketing'), ${title}, ${text}, ${reason},
        ${priority}::float8, 'open', at, at + ${durationMs(expiresIn)} * interval '1 millisecond',
        ${withdrawWithRun}
      from sent
      on conflict (task_id) do nothing
    )
    select owner, run_id as "runId" from sent`.execute(trx)
    const [sent] = rows
    // The run may have left while this was on its way. A statement of its own: what it waited for is seen.
    if (sent !== undefined && withdrawWithRun) {
      const customerId = (await lockSurvivors(trx, [sent.owner])).get(sent.owner) ?? sent.owner
      await withdrawTasks(trx, { customerId, runIds: [sent.runId] })
    }
    return sent !== undefined
  })
}

/**
 * Ends the time of open tasks that go with their run, where it has left before its exit step: from this commit
 * on no agent is given one. What became of them is told as of those whose time is over. The caller holds the
 * customer, and has written the runs.
 */
export async function withdrawTasks(
  trx: Transaction<Database>,
  { customerId, runIds }: { readonly customerId: string; readonly runIds: readonly string[] },
): Promise<void> {
  await sql`
    update agent_tasks t
    set expires_at = least(t.expires_at, r.ended_at), withdrawn_for = coalesce(r.end_reason, 'exit')
    from deliveries d
    join runs r on r.run_id = d.run_id
    left join journey_versions v on v.key = r.journey and v.version = r.version
    where d.delivery_id = t.task_id and t.customer_id = ${customerId} and t.status = 'open'
      and t.withdraw_with_run and t.withdrawn_for is null
      and r.run_id = any(${[...runIds]}::text[]) and r.status = 'ended'
      and coalesce(v.definition -> 'steps' -> r.step ->> 'type', '') <> 'exit'`.execute(trx)
}

/** Has the winner of a merge be proposed what the loser was to be. */
export async function takeOverAgentTasks(
  trx: Transaction<Database>,
  { loser, winner }: { readonly loser: string; readonly winner: string },
): Promise<void> {
  await sql`update agent_tasks set customer_id = ${winner} where customer_id = ${loser}`.execute(
    trx,
  )
}

/** A task, held against other writers until `trx` ends. The caller holds its customer. */
export async function lockAgentTask(
  trx: Transaction<Database>,
  taskId: string,
): Promise<AgentTaskRow | undefined> {
  const { rows } = await sql<AgentTaskRow>`
    select ${AGENT_TASK_COLUMNS} from agent_tasks t where t.task_id = ${taskId} for update`.execute(
    trx,
  )
  return rows[0]
}

export interface AgentTaskDecision {
  readonly status: AgentTaskEnd
  readonly at: Date
  /** Null: time did. */
  readonly agent: string | null
  readonly reason: string | null
  readonly note: string | null
}

/** Writes what became of a locked task. */
export async function decideLockedTask(
  trx: Transaction<Database>,
  taskId: string,
  { status, at, agent, reason, note }: AgentTaskDecision,
): Promise<void> {
  await trx
    .updateTable('agent_tasks')
    .set({ status, decided_at: at, decided_by: agent, decision_reason: reason, note })
    .where('task_id', '=', taskId)
    .execute()
}

/** Marks a locked task as proposed by an agent right now: until then nobody else gets it. */
export async function offerLockedTask(
  trx: Transaction<Database>,
  taskId: string,
  { agent, until }: { readonly agent: string; readonly until: Date },
): Promise<void> {
  await trx
    .updateTable('agent_tasks')
    .set({ offered_to: agent, offered_until: until })
    .where('task_id', '=', taskId)
    .execute()
}

/**
 * Open tasks whose time is over on their customers' clocks, oldest first. Cost: those that are, and all open
 * ones of test customers.
 */
export async function listOverdueTasks(
  db: Kysely<Database>,
  { nowMs, limit }: { readonly nowMs: number; readonly limit: number },
): Promise<{ taskId: string; customerId: string }[]> {
  const { rows } = await sql<{ taskId: string; customerId: string }>`
    with due as (
      select t.* from agent_tasks t
      where t.status = 'open' and t.expires_at <= to_timestamp(${nowMs}::float8 / 1000.0)
      union
      select t.* from agent_tasks t join customers c on c.customer_id = t.customer_id
      where t.status = 'open' and t.test
        and t.expires_at <= to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0)
    )
    select t.task_id as "taskId", t.customer_id as "customerId"
    from due t join customers c on c.customer_id = t.customer_id
    where c.erasing_at is null
    order by t.expires_at, t.task_id limit ${limit}`.execute(db)
  return rows
}
