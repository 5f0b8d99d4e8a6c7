import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { listRolloutsUnderWay } from '../db/lifecycle-rollouts.ts'
import type { Database } from '../db/schema.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import {
  ROLLOUT_WORKFLOW,
  rolloutWorkflowId,
  type RolloutInput,
} from '../workflows/rollout-messages.ts'
import { startWorkflowStarter, type WorkflowStarter } from './workflow-starter.ts'

const START_WITHIN_MS = 10_000

export interface RolloutStarterDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
}

export interface RolloutStarter extends Pick<WorkflowStarter, 'stop'> {
  /** Has one looked at by its workflow at once. Never throws. */
  readonly wake: (version: number) => void
}

/** Makes sure that every rollout under way has its workflow. */
export function startRolloutStarter({ db, client, onError }: RolloutStarterDeps): RolloutStarter {
  const ensure = async (id: string): Promise<void> => {
    const version = Number(id)
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      client.workflow.start<(input: RolloutInput) => Promise<void>>(ROLLOUT_WORKFLOW, {
        workflowId: rolloutWorkflowId(version),
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [{ version }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    )
  }
  const { wake, stop } = startWorkflowStarter({
    list: async () => (await listRolloutsUnderWay(db)).map(String),
    ensure,
    tell: ensure,
    onError,
  })
  return { wake: (version) => wake(String(version)), stop }
}
