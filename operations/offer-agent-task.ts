import { lockProposableTasks } from '../db/agent-task-offers.ts'
import { offerLockedTask } from '../db/agent-tasks.ts'
import { recordCommand } from '../db/commands.ts'
import { findCaseSettings } from '../db/rule-documents.ts'
import { proposalBar } from '../domain/agent-tasks/proposal-bar.ts'
import { lockCustomer } from './append-command.ts'
import { inOrder, type PrioritizedTask } from './prioritize-agent-tasks.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** So long a call may take before the proposal is somebody else's. */
const OFFERED_MS = 10 * 60_000

/**
 * The best proposal for a customer who is on the line, kept for this agent for ten minutes: nobody else gets
 * it meanwhile, and the same agent gets it again. Undefined where there is none that may be voiced now.
 *
 * @throws {DomainError} `not_found`
 */
export async function offerAgentTask(
  deps: Pick<CustomerCommandDeps, 'db' | 'rules' | 'now'>,
  input: { readonly customerId: string; readonly agent: string; readonly keyId: string | null },
): Promise<PrioritizedTask | undefined> {
  const { agent, keyId } = input
  return deps.db.transaction().execute(async (trx) => {
    const { profile } = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId, clockOffsetMs } = profile
    const at = new Date(deps.now() + clockOffsetMs)
    const rows = await lockProposableTasks(trx, { customerId, agent, at })
    const permitted = rows.filter((row) => proposalBar(row, row, at.getTime()) === null)
    const [best] = inOrder(permitted, await findCaseSettings(trx))
    if (best === undefined) return undefined
    const { taskId, expiresAt } = best.row
    const until = new Date(Math.min(at.getTime() + OFFERED_MS, expiresAt.getTime()))
    await offerLockedTask(trx, taskId, { agent, until })
    await recordCommand(trx, {
      keyId,
      action: 'agent-task.offer',
      target: `customer/${customerId}`,
      before: null,
      after: { task: taskId, agent },
    })
    return { ...best, row: { ...best.row, offeredTo: agent, offeredUntil: until } }
  })
}
