import { findAgentTask, type AgentTaskRow } from '../db/agent-task-pages.ts'
import { lockAgentTask } from '../db/agent-tasks.ts'
import { recordCommand } from '../db/commands.ts'
import { mayBecome, type AgentTaskEnd } from '../domain/agent-tasks/task-state.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import { lockCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'
import { settleAgentTask } from './settle-agent-task.ts'

/** What an agent can say of a task. */
export type AgentVerdict = Exclude<AgentTaskEnd, 'expired' | 'withdrawn'>

export interface AgentDecisionInput {
  readonly taskId: string
  readonly verdict: AgentVerdict
  readonly agent: string
  /** A code, which journeys can ask. */
  readonly reason?: string | undefined
  /** In words; stays with the task. */
  readonly note?: string | undefined
  readonly keyId: string | null
}

/**
 * Takes what an agent says of a task: it is stored, and an event of the customer, which the actor hears in
 * the order of its log. The same agent saying the same again changes nothing.
 *
 * @throws {DomainError} `not_found`; `conflict`: it was decided otherwise before, its time is over, or
 * another agent has it on the line
 */
export async function decideAgentTask(
  deps: CustomerCommandDeps,
  { taskId, verdict, agent, reason, note, keyId }: AgentDecisionInput,
): Promise<void> {
  const found = await findAgentTask(deps.db, taskId)
  if (found === undefined) throw noSuchTask()
  const decided = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, found.customerId)
    const task = await lockAgentTask(trx, taskId)
    if (task === undefined) throw noSuchTask()
    if (task.status === verdict && task.decidedBy === agent) return null
    const { customerId, clockOffsetMs } = customer.profile
    invariant(task.customerId === customerId, 'a merge takes the tasks along')
    const at = new Date(deps.now() + clockOffsetMs)
    refuseDecided(task, { verdict, agent, at })
    await settleAgentTask(trx, customer, task, {
      status: verdict,
      at,
      agent,
      reason: reason ?? null,
      note: note ?? task.note,
    })
    await recordCommand(trx, {
      keyId,
      action: 'agent-task.decide',
      target: `customer/${customerId}`,
      before: { task: taskId, status: task.status },
      after: { task: taskId, status: verdict, agent, reason: reason ?? null },
    })
    return customerId
  })
  if (decided !== null) deps.onPending([decided])
}

function refuseDecided(
  { status, expiresAt, offeredTo, offeredUntil, decidedBy }: AgentTaskRow,
  { verdict, agent, at }: { verdict: AgentVerdict; agent: string; at: Date },
): void {
  if (!mayBecome(status, verdict))
    throw new DomainError(
      'conflict',
      `This task is ${status}${decidedBy === null ? '' : `, says ${decidedBy}`}.`,
    )
  if (status !== 'open') return
  if (expiresAt <= at) throw new DomainError('conflict', 'The time of this task is over.')
  const isTaken = offeredTo !== agent && offeredUntil !== null && offeredUntil > at
  if (isTaken) throw new DomainError('conflict', `${offeredTo} is proposing this just now.`)
}

const noSuchTask = (): DomainError => new DomainError('not_found', 'There is no such task.')
