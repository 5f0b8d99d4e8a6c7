import type { Kysely } from 'kysely'
import { keepAgentTask } from '../../db/agent-tasks.ts'
import type { Database } from '../../db/schema.ts'
import type { AgentTaskContent, MessageClass } from '../../domain/journeys/journey.ts'

/** Somebody who can be proposed something; `traits` as in the store. */
export async function addCaller(
  db: Kysely<Database>,
  customerId: string,
  { at, traits = {}, test = false }: { at: Date; traits?: object; test?: boolean },
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      customer_id: customerId,
      created_at: at,
      test,
      traits: JSON.stringify(traits),
      deliver_to: null,
    })
    .execute()
}

/** Sends a proposal as the channel does: the delivery of a step of `hero-call`, and what it keeps. */
export async function propose(
  db: Kysely<Database>,
  {
    taskId,
    customerId,
    at,
    runId = `${customerId}.1`,
    class: messageClass = 'service',
    content = {},
  }: {
    readonly taskId: string
    readonly customerId: string
    readonly at: Date
    readonly runId?: string
    readonly class?: MessageClass
    readonly content?: Partial<AgentTaskContent>
  },
): Promise<boolean> {
  await db
    .insertInto('deliveries')
    .values({
      delivery_id: taskId,
      customer_id: customerId,
      run_id: runId,
      journey: 'hero-call',
      version: 2,
      step: 'ask',
      message: 'proposal',
      channel: 'agent_task',
      class: messageClass,
      to_address: 'call-centre',
      status: 'sending',
      at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const texts = { title: 'The tent', text: 'Propose it.', reason: 'A hero' }
  return keepAgentTask(db, { deliveryId: taskId, content: { ...texts, ...content } })
}
