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
import { startRounds } from './rounds.ts'

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

export interface MigrationStarter {
  /** Has a migration looked at by its workflow at once. Never throws. */
  readonly wake: (migrationId: string) => void
  /** No further round; resolves when what is under way has ended. */
  readonly stop: () => Promise<void>
}

/**
 * Makes sure that every migration under way has its workflow: at once where it was begun here, within
 * seconds where the engine was away, or where a process died between the row and the start.
 */
export function startMigrationStarter({
  db,
  client,
  onError,
  everyMs = 5_000,
}: MigrationStarterDeps): MigrationStarter {
  const waking = new Set<Promise<void>>()
  const ensureAll = async (): Promise<void> => {
    for (const migrationId of await listMigrationsUnderWay(db)) await ensure(client, migrationId)
  }
  const rounds = startRounds(ensureAll, { everyMs, onError })

  return {
    wake: (migrationId) => {
      const woken = signal(client, migrationId)
        .catch(onError)
        .finally(() => waking.delete(woken))
      waking.add(woken)
    },
    stop: async () => {
      await Promise.all([rounds.stop(), ...waking])
    },
  }
}

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
