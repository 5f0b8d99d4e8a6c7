import { defineSignal } from '@temporalio/workflow'

/** All that callers need to speak to a migration: its type, id, messages. */

export const MIGRATION_WORKFLOW = 'migration'

/** One workflow per migration, while it is being worked off. */
export const migrationWorkflowId = (migrationId: string): string => `migration/${migrationId}`

export interface MigrationInput {
  readonly migrationId: string
}

/** Its row was changed: it was begun, resumed or is to be undone. */
export const migrationChanged = defineSignal('changed')
