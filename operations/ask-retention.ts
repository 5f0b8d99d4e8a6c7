import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { openRun, type RetentionRun } from '../db/retention-runs.ts'
import { findRulesInForce } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { deletesAnything } from '../domain/retention/retention-plan.ts'

export interface AskRetentionDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told that a run was asked for, after the commit. Must not throw. */
  readonly onRetention: () => void
}

/**
 * Has a run begin now, without waiting for the day's. While one is open it is that one.
 *
 * @throws {DomainError} `conflict` where no rules are in force that delete anything
 */
export async function askRetention(
  { db, now, onRetention }: AskRetentionDeps,
  { keyId }: { readonly keyId: string | null },
): Promise<RetentionRun> {
  const runId = randomUUID()
  const run = await db.transaction().execute(async (trx) => {
    const rules = await findRulesInForce(trx, 'retention')
    if (rules === undefined || !deletesAnything(rules.document))
      throw new DomainError(
        'conflict',
        'No retention rules are in force that delete anything; publish some first.',
      )
    const open = await openRun(trx, { runId, askedAt: new Date(now()), askedBy: keyId })
    if (open.runId === runId)
      await recordCommand(trx, {
        keyId,
        action: 'retention.run',
        target: `retention/${runId}`,
        before: null,
        after: { version: rules.version },
      })
    return open
  })
  onRetention()
  return run
}
