import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  insertMigration,
  listMigrationsUnderWay,
  type MigrationRow,
} from '../db/journey-migrations.ts'
import { insertMigrationRuns } from '../db/migration-entry.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { judgePlan, refusal, type MigrationPlan } from './judge-plan.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'

export interface MigrationDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told of a migration that there is something to do for, after the commit. Must not throw. */
  readonly onMigration: (migrationId: string) => void
  /** Runs that a request enters at most; the rounds enter the rest. Default: what SQL does at once. */
  readonly enterAtMost?: number
}

export interface StartMigrationInput extends MigrationPlan {
  /** Customers asked in a second. */
  readonly perSecond: number
  readonly keyId: string | null
}

/**
 * Begins to take the people inside one version to another. It goes on by itself until everybody below
 * the share has answered. Test customers go with the others.
 *
 * @throws {DomainError} `not_found`; `unacceptable` with all that is wrong with the plan; `conflict`
 * while another migration of the journey is under way
 */
export async function startMigration(
  { db, now, onMigration, enterAtMost }: MigrationDeps,
  { keyId, perSecond, ...plan }: StartMigrationInput,
): Promise<MigrationRow> {
  const started = await db.transaction().execute(async (trx) => {
    const { findings } = await judgePlan(trx, plan)
    if (findings.length > 0) throw refusal(findings)
    const at = new Date(now())
    const row: MigrationRow = {
      ...plan,
      migrationId: randomUUID(),
      perSecond,
      status: 'running',
      createdAt: at,
      createdBy: keyId,
      updatedAt: at,
    }
    await insertMigration(trx, row)
    await insertMigrationRuns(trx, row, at, enterAtMost)
    // Only now: ingest waits while this is held. Two that begin at once see each other here.
    const held = await holdRules(trx)
    await refuseSecond(trx, row)
    // The new version may have had nobody inside for so long that its events are let through no more.
    const tooMuch = await putRulesInForce(trx, held, at)
    if (tooMuch.length > 0) throw refusal(tooMuch)
    const { migrationId, from, to, steps, share, resend } = row
    await recordCommand(trx, {
      keyId,
      action: 'journey.migrate',
      target: `journey/${plan.journey}`,
      before: null,
      after: { migrationId, from, to, steps: { ...steps }, canary: share, resend, perSecond },
    })
    return row
  })
  onMigration(started.migrationId)
  return started
}

/**
 * Two that ask the same customers would undo each other's work. The caller holds the rules.
 *
 * `besides`: one that brings people back while the other takes away whom it does not bring.
 * @throws {DomainError} `conflict` where another migration of the journey is under way
 */
export async function refuseSecond(
  trx: Transaction<Database>,
  { journey, migrationId }: Pick<MigrationRow, 'journey' | 'migrationId'>,
  besides?: string,
): Promise<void> {
  const underWay = await listMigrationsUnderWay(trx, journey)
  const other = underWay.find((id) => id !== migrationId && id !== besides)
  if (other !== undefined)
    throw new DomainError(
      'conflict',
      `Migration ${other} of "${journey}" is under way. Wait until it is done, pause it or undo it.`,
    )
}
