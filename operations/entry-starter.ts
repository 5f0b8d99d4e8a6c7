import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { findEntryRun, listEntriesUnderWay } from '../db/entry-runs.ts'
import type { Database } from '../db/schema.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import { AUDIENCE_ENTRY_WORKFLOW, type AudienceEntryInput } from '../workflows/entry-messages.ts'
import { startWorkflowStarter, type WorkflowStarter } from './workflow-starter.ts'

const START_WITHIN_MS = 10_000

export interface EntryStarterDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
}

/** Makes sure that every entry of an audience under way has its workflow. */
export function startEntryStarter({ db, client, onError }: EntryStarterDeps): WorkflowStarter {
  const ensure = async (entryId: string): Promise<void> => {
    const run = await findEntryRun(db, entryId)
    if (run?.status !== 'running') return
    const { journey, workflowId } = run
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      client.workflow.start<(input: AudienceEntryInput) => Promise<void>>(AUDIENCE_ENTRY_WORKFLOW, {
        workflowId,
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [{ journey, entryId }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    )
  }
  return startWorkflowStarter({
    list: async () => (await listEntriesUnderWay(db)).map(({ entryId }) => entryId),
    ensure,
    tell: ensure,
    onError,
  })
}
