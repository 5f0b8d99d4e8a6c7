import type { Kysely, Transaction } from 'kysely'
import { lockMigration, updateMigration, type MigrationRow } from '../db/journey-migrations.ts'
import { appendCommands, type SystemCommand } from '../db/event-log.ts'
import { findVersion, type VersionRow } from '../db/journey-pages.ts'
import { insertMigrationRuns } from '../db/migration-entry.ts'
import {
  countMigrationRuns,
  leaveWaitingRuns,
  listMigrationRuns,
  updateMigrationRuns,
  type MigrationRun,
  type RunChange,
} from '../db/migration-runs.ts'
import type { Database } from '../db/schema.ts'
import { invariant } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { regainedMessages } from '../domain/journeys/migration-plan.ts'
import { judgeRun, type MigrationRules } from '../domain/journeys/migration-verdict.ts'
import type { MigrationActivities, MigrationRound } from './contract.ts'

/** Everybody: buckets lie below 1. */
const ALL = 1

interface Deps {
  readonly db: Kysely<Database>
  /** Real time. */
  readonly now: () => number
  /** Runs that one round enters at most. Default: what SQL does at once. */
  readonly enterAtMost?: number
}

/**
 * One round of a migration: judges the next runs by what SQL knows now, and puts into the logs of their
 * customers what they are asked. What actors make of it comes back with their records
 * (`applyMoves`). A round that is repeated goes on where the one before ended.
 */
export const createMigrateSome =
  ({ db, now, enterAtMost }: Deps): MigrationActivities['migrateSome'] =>
  ({ migrationId }) =>
    db.transaction().execute(async (trx) => {
      const migration = await lockMigration(trx, migrationId)
      switch (migration?.status) {
        case 'running':
          return moveSome(trx, migration, { nowMs: now(), enterAtMost })
        case 'undoing':
          return bringSomeBack(trx, migration, now())
        case 'paused':
        case 'done':
        case 'undone':
        case undefined:
          return { isOver: true, looked: 0 }
      }
    })

async function moveSome(
  trx: Transaction<Database>,
  migration: MigrationRow,
  { nowMs, enterAtMost }: { nowMs: number; enterAtMost: number | undefined },
): Promise<MigrationRound> {
  const { migrationId, share } = migration
  const runs = await listMigrationRuns(trx, migrationId, {
    statuses: ['waiting'],
    share,
    limit: migration.perSecond,
  })
  if (runs.length > 0) {
    const target = await versionOf(trx, migration.journey, migration.to)
    // Stopped since it began: whoever is taken there would leave at once.
    if (target.status === 'stopped') {
      await updateMigration(trx, migrationId, { status: 'paused', at: new Date(nowMs) })
      return { isOver: true, looked: 0 }
    }
    const rules = await rulesOf(trx, migration, target.definition)
    const commands: SystemCommand[] = []
    const changes = runs.map((run): RunChange => {
      const verdict = judgeRun(rules, run)
      const place = { runId: run.runId, fromStep: run.step, toStep: null, reason: null }
      switch (verdict.type) {
        case 'ask':
          commands.push(moveCommand(migration, run, target.hash, verdict.to))
          return { ...place, status: 'asked', toStep: verdict.to }
        case 'later':
          return { ...place, status: 'waiting', isPutOff: true }
        case 'gone':
        case 'stayed':
        case 'refused':
          return { ...place, status: verdict.type, reason: verdict.reason }
      }
    })
    await appendCommands(trx, 'migrate', { nowMs, commands })
    await updateMigrationRuns(trx, migrationId, changes)
    return { isOver: false, looked: runs.length }
  }
  const at = new Date(nowMs)
  // Those that the chunks before did not hold, and who was being let into the old version meanwhile.
  // Not held up by a few who are slow to answer.
  const entered = await insertMigrationRuns(trx, migration, at, enterAtMost)
  if (entered > 0) return { isOver: false, looked: entered }
  const statuses = ['waiting', 'asked'] as const
  if ((await countMigrationRuns(trx, migrationId, { statuses, share })) > 0)
    return { isOver: false, looked: 0 }
  await updateMigration(trx, migrationId, { status: share >= ALL ? 'done' : 'paused', at })
  return { isOver: true, looked: 0 }
}

async function bringSomeBack(
  trx: Transaction<Database>,
  migration: MigrationRow,
  nowMs: number,
): Promise<MigrationRound> {
  const { migrationId } = migration
  // One that was asked and has not answered yet hears the second word after the first.
  const runs = await listMigrationRuns(trx, migrationId, {
    statuses: ['asked', 'moved'],
    share: ALL,
    limit: migration.perSecond,
  })
  if (runs.length > 0) {
    const home = await versionOf(trx, migration.journey, migration.from)
    const commands: SystemCommand[] = []
    const changes = runs.map((run): RunChange => {
      const place = { runId: run.runId, fromStep: null, toStep: null }
      const reason = whyKept(run, home)
      if (reason !== null) return { ...place, status: 'kept', reason }
      commands.push(undoCommand(migration, run, home.hash))
      return { ...place, status: 'recalled', reason: null }
    })
    await appendCommands(trx, 'migrate', { nowMs, commands })
    await updateMigrationRuns(trx, migrationId, changes)
    return { isOver: false, looked: runs.length }
  }
  const statuses = ['asked', 'moved', 'recalled'] as const
  if ((await countMigrationRuns(trx, migrationId, { statuses, share: ALL })) > 0)
    return { isOver: false, looked: 0 }
  // One that could not be moved may have said so after the others were left alone.
  await leaveWaitingRuns(trx, migrationId)
  await updateMigration(trx, migrationId, { status: 'undone', at: new Date(nowMs) })
  return { isOver: true, looked: 0 }
}

/** Null where a run is to be brought back. */
function whyKept(run: MigrationRun, home: VersionRow): string | null {
  if (run.status === 'ended') return 'It has ended since.'
  if (home.status === 'stopped') return `Version ${home.version} was stopped meanwhile.`
  return null
}

async function rulesOf(
  trx: Transaction<Database>,
  { journey, from, steps, resend }: MigrationRow,
  after: Journey,
): Promise<MigrationRules> {
  const before = await versionOf(trx, journey, from)
  const known = new Map<string, ReadonlySet<string>>()
  return {
    from,
    steps,
    resend,
    regained: (step, target) => {
      const found = known.get(step) ?? regainedMessages(before.definition, after, { step, target })
      known.set(step, found)
      return found
    },
  }
}

async function versionOf(trx: Transaction<Database>, key: string, version: number) {
  const found = await findVersion(trx, { key, version })
  invariant(found !== undefined, 'a migration is between two versions that are there')
  return found
}

function moveCommand(
  { migrationId, from, to }: MigrationRow,
  { runId, customerId, tries, step }: MigrationRun,
  hash: string,
  target: string | null,
): SystemCommand {
  return {
    customerId,
    messageId: `migrate:${migrationId}:${runId}:${tries}`,
    payload: {
      migrationId,
      runId,
      change: 'move',
      fromVersion: from,
      version: to,
      hash,
      from: step,
      to: target,
    },
  }
}

function undoCommand(
  { migrationId, from }: MigrationRow,
  { runId, customerId, tries }: MigrationRun,
  hash: string,
): SystemCommand {
  return {
    customerId,
    messageId: `migrate:${migrationId}:${runId}:${tries}`,
    payload: { migrationId, runId, change: 'undo', version: from, hash },
  }
}
