import type { Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  findMigration,
  lockMigration,
  updateMigration,
  type MigrationRow,
} from '../db/journey-migrations.ts'
import { findVersionStatus } from '../db/journey-versions.ts'
import { hasRunsToEnter } from '../db/migration-entry.ts'
import { countMigrationRuns, leaveWaitingRuns } from '../db/migration-runs.ts'
import type { Database, MigrationStatus } from '../db/schema.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import { refusal } from './judge-plan.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'
import { refuseSecond, type MigrationDeps } from './start-migration.ts'

/** `resume` goes on, with a larger share where one is named; `undo` brings back who took no step since. */
export type MigrationChange =
  | { readonly type: 'pause' }
  | { readonly type: 'resume'; readonly share?: number }
  | { readonly type: 'undo' }

export interface ChangeMigrationInput {
  readonly journey: string
  readonly migrationId: string
  readonly change: MigrationChange
  readonly keyId: string | null
}

/** From which states each change is possible, and what comes of it. */
const CHANGES = {
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused', 'done'], to: 'running' },
  undo: { from: ['running', 'paused', 'done'], to: 'undoing' },
} as const satisfies Record<
  MigrationChange['type'],
  { from: readonly MigrationStatus[]; to: MigrationStatus }
>

/**
 * Pauses, resumes or undoes a migration. Who was asked before a pause still answers.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is too late or too early for that, or another
 * migration of the journey is under way, or where the version to go to is stopped; `unacceptable` for a share that lets nobody follow
 */
export async function changeMigration(
  { db, now, onMigration }: MigrationDeps,
  { journey, migrationId, change, keyId }: ChangeMigrationInput,
): Promise<MigrationRow> {
  const at = new Date(now())
  const changed = await db.transaction().execute(async (trx) => {
    const before = await lockMigration(trx, migrationId)
    if (before === undefined || before.journey !== journey)
      throw new DomainError('not_found', `There is no migration ${migrationId} of "${journey}".`)
    const { from, to: status } = CHANGES[change.type]
    if (!(from as readonly MigrationStatus[]).includes(before.status))
      throw new DomainError(
        'conflict',
        `Migration ${migrationId} is ${before.status}; one can ${change.type} it only while it is ${from.join(' or ')}.`,
      )

    const share = change.type === 'resume' ? (change.share ?? before.share) : before.share
    await updateMigration(trx, migrationId, { status, share, at })
    if (change.type === 'resume') await mayFollow(trx, before, share)
    if (change.type === 'undo') await letReturn(trx, before)
    if (change.type !== 'pause') {
      // Only now: ingest waits while this is held.
      const held = await holdRules(trx)
      await refuseSecond(trx, before)
      // The versions it moves between are in use again. A book that is too large stops nobody on the way.
      await putRulesInForce(trx, held, at)
    }
    await recordCommand(trx, {
      keyId,
      action: `migration.${change.type}`,
      target: `migration/${migrationId}`,
      before: { status: before.status, canary: before.share },
      after: { status, canary: share },
    })
    const after = await findMigration(trx, migrationId)
    invariant(after !== undefined, 'a migration that is locked is there')
    return after
  })
  onMigration(migrationId)
  return changed
}

async function mayFollow(
  trx: Transaction<Database>,
  migration: MigrationRow,
  share: number,
): Promise<void> {
  const { migrationId, journey: key, to: version, share: before } = migration
  if ((await findVersionStatus(trx, { key, version })) === 'stopped')
    throw new DomainError(
      'conflict',
      `Version ${version} of "${key}" is stopped: whoever is taken there leaves at once.`,
    )
  if (share < before)
    throw refuseShare(`${share} is less than the ${before} who were asked; undo brings them back.`)
  if (share > before || before === 1) return
  const statuses = ['waiting', 'asked'] as const
  const open = await countMigrationRuns(trx, migrationId, { statuses, share })
  if (open === 0 && !(await hasRunsToEnter(trx, migration, share)))
    throw refuseShare(
      `Everybody below ${before} has been asked; say how many are to follow, 1 for all.`,
    )
}

const refuseShare = (message: string): DomainError =>
  refusal([{ code: 'canary_too_small', path: '/canary', message, severity: 'error' }])

async function letReturn(
  trx: Transaction<Database>,
  { migrationId, journey: key, from: version }: MigrationRow,
): Promise<void> {
  if ((await findVersionStatus(trx, { key, version })) === 'stopped')
    throw new DomainError(
      'conflict',
      `Version ${version} of "${key}" is stopped: nobody can be brought back to it.`,
    )
  await leaveWaitingRuns(trx, migrationId)
}
