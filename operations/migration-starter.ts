import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { listMigrationsUnderWay } from '../db/journey-migrations.ts'
import type { Database } from '../db/schema.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import {
  MIGRATION_WORKFLOW,
  migrationChanged,
  migrationWorkflowId,
  type MigrationInput,
} from '../workflows/migration-messages.ts'
import { startWorkflowStarter, type WorkflowStarter } from './workflow-starter.ts'

const START_WITHIN_MS = 10_000

export interface MigrationStarterDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/** Makes sure that every migration under way has its workflow; `wake` tells it that its row was changed. */
export const startMigrationStarter = ({
  db,
  client,
  onError,
  everyMs,
}: MigrationStarterDeps): WorkflowStarter =>
  startWorkflowStarter({
    list: () => listMigrationsUnderWay(db),
    ensure: (migrationId) => ensure(client, migrationId),
    tell: (migrationId) => signal(client, migrationId),
    onError,
    everyMs,
  })

/** Starts the workflow where none runs; one that runs already is not told anything. */
async function ensure(client: Client, migrationId: string): Promise<void> {
  await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
    client.workflow.start<(input: MigrationInput) => Promise<void>>(MIGRATION_WORKFLOW, {
      ...optionsOf(migrationId),
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  )
}

/** Tells the workflow that its row was changed, and starts it where there is none: one call. */
async function signal(client: Client, migrationId: string): Promise<void> {
  await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
    client.workflow.signalWithStart<(input: MigrationInput) => Promise<void>>(MIGRATION_WORKFLOW, {
      ...optionsOf(migrationId),
      signal: migrationChanged,
    }),
  )
}

const optionsOf = (migrationId: string) => ({
  workflowId: migrationWorkflowId(migrationId),
  taskQueue: CUSTOMER_TASK_QUEUE,
  args: [{ migrationId }] as [MigrationInput],
})
