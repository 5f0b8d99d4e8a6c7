import { sql, type Transaction } from 'kysely'
import type { ProposalFacts } from '../domain/agent-tasks/proposal-bar.ts'
import { AGENT_TASK_COLUMNS, type WeighedTaskRow } from './agent-task-pages.ts'
import type { Database } from './schema.ts'
import { CONSENTS, EXCLUSIONS } from './sends.ts'
import { stopOf } from './stops.ts'

/** More than anybody has open at once. */
const TASKS_MAX = 200

/**
 * Open tasks of a customer that no other agent has on the line, with what may keep them back, held against
 * other writers until `trx` ends. The caller holds the customer; `at` is on its clock.
 */
export async function lockProposableTasks(
  trx: Transaction<Database>,
  { customerId, agent, at }: { customerId: string; agent: string; at: Date },
): Promise<(WeighedTaskRow & ProposalFacts)[]> {
  const sent = {
    class: sql.ref('t.class'),
    channel: 'agent_task',
    journey: sql.ref('t.journey'),
  }
  const { rows } = await sql<WeighedTaskRow & ProposalFacts>`
    select ${AGENT_TASK_COLUMNS}, c.traits, ${CONSENTS} as consents, ${EXCLUSIONS} as exclusions,
      (${stopOf(sent)}) as stop
    from agent_tasks t join customers c on c.customer_id = t.customer_id
    where t.customer_id = ${customerId} and t.status = 'open' and t.expires_at > ${at}
      and (t.offered_until is null or t.offered_until <= ${at} or t.offered_to = ${agent})
    order by t.expires_at, t.task_id limit ${TASKS_MAX} for update of t`.execute(trx)
  return rows
}
