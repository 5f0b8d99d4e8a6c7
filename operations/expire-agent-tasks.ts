import { listOverdueTasks, lockAgentTask } from '../db/agent-tasks.ts'
import { DomainError } from '../domain/errors.ts'
import { lockCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'
import { settleAgentTask } from './settle-agent-task.ts'

/** Tasks of one round. */
const OVERDUE_MAX = 200

/**
 * Ends tasks that no agent decided in time, or that went with their run, each once, and has their
 * customers' actors hear of it. Safe to run in several processes at once, and to repeat.
 */
export async function expireAgentTasks(deps: CustomerCommandDeps): Promise<void> {
  const overdue = await listOverdueTasks(deps.db, { nowMs: deps.now(), limit: OVERDUE_MAX })
  const told = new Set<string>()
  for (const { taskId, customerId } of overdue) {
    const expired = await expire(deps, { taskId, customerId }).catch(unlessGone)
    if (expired !== null) told.add(expired)
  }
  if (told.size > 0) deps.onPending([...told])
}

/** Whose it was; null where somebody was faster. */
const expire = (
  { db, rules, now }: CustomerCommandDeps,
  { taskId, customerId }: { taskId: string; customerId: string },
): Promise<string | null> =>
  db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, rules, customerId)
    const task = await lockAgentTask(trx, taskId)
    const at = new Date(now() + customer.profile.clockOffsetMs)
    if (task?.status !== 'open' || task.expiresAt > at) return null
    const { withdrawnFor: reason } = task
    const status = reason === null ? 'expired' : 'withdrawn'
    await settleAgentTask(trx, customer, task, { status, at, agent: null, reason, note: null })
    return customer.profile.customerId
  })

/** Erased meanwhile. */
function unlessGone(error: unknown): null {
  if (error instanceof DomainError && error.code === 'not_found') return null
  throw error
}
