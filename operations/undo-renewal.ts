import type { Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { lockMigration, updateMigration } from '../db/journey-migrations.ts'
import { findVersion } from '../db/journey-pages.ts'
import { findLatestVersion } from '../db/journey-versions.ts'
import { LIBRARY_MESSAGES } from '../db/library-messages.ts'
import { leaveWaitingRuns } from '../db/migration-runs.ts'
import { findRulesInForce, findRuleVersion } from '../db/rule-documents.ts'
import { lockRenewal, markRenewalUndone, type RenewalRow } from '../db/renewals.ts'
import type { Database } from '../db/schema.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import { DomainError, invariant } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import type { LibraryMessage } from '../domain/library/library-message.ts'
import { ruleTitle } from '../domain/rule-documents.ts'
import type { RenewedKind, RenewedVersion } from '../domain/library/renewal.ts'
import { publishTogether, type Succession } from './publish-together.ts'
import { holdRules } from './put-rules-in-force.ts'
import { namesOf, tellMigrations } from './renew-texts.ts'
import type { MigrationDeps } from './start-migration.ts'

export interface UndoneRenewal {
  readonly renewal: RenewalRow
  /** What was published to undo it. */
  readonly published: readonly RenewedVersion[]
}

/**
 * Publishes again what was there before a renewal, as it was, and takes the people inside back to it,
 * each on the step where they are by now. All or nothing.
 *
 * @throws {DomainError} `not_found`; `conflict` where it was undone already, where anything was published,
 * closed or stopped on top of it, and while another migration of one of the journeys is under way
 */
export async function undoRenewal(
  { db, now, onMigration }: MigrationDeps,
  { renewalId, keyId }: { readonly renewalId: string; readonly keyId: string | null },
): Promise<UndoneRenewal> {
  const undone = await db.transaction().execute(async (trx) => {
    const held = await holdRules(trx)
    const before = await lockRenewal(trx, renewalId)
    if (before === undefined)
      throw new DomainError('not_found', `There is no renewal ${renewalId}.`)
    if (before.undoneAt !== null)
      throw new DomainError('conflict', `Renewal ${renewalId} was undone already.`)
    await refuseNewer(trx, before.published)
    const at = new Date(now())
    const returning = await turnBack(trx, before.published, at)
    const published = await publishTogether(trx, held, {
      ...(await successionsOf(trx, before.published, returning)),
      keyId,
      at,
      note: `renewal ${renewalId} undone`,
    })
    await markRenewalUndone(trx, { renewalId, at, by: keyId })
    await recordCommand(trx, {
      keyId,
      action: 'renewal.undo',
      target: `renewal/${renewalId}`,
      before: { published: namesOf(before.published) },
      after: { published: namesOf(published) },
    })
    return { renewal: { ...before, undoneAt: at, undoneBy: keyId }, published, returning }
  })
  for (const migrationId of undone.returning) onMigration(migrationId)
  tellMigrations(undone.published, onMigration)
  return undone
}

const LATEST: Record<
  RenewedKind,
  (trx: Transaction<Database>, key: string) => Promise<{ readonly version: number } | undefined>
> = {
  message: LIBRARY_MESSAGES.find,
  journey: findLatestVersion,
  'contact-policy': (trx) => findRulesInForce(trx, 'contact-policy'),
}

async function refuseNewer(
  trx: Transaction<Database>,
  published: readonly RenewedVersion[],
): Promise<void> {
  const newer: string[] = []
  for (const { kind, key, to } of published) {
    const latest = await LATEST[kind](trx, key)
    const name = kind === 'contact-policy' ? ruleTitle(kind) : `${kind} "${key}"`
    if (latest !== undefined && latest.version > to)
      newer.push(`${name} version ${latest.version} was published`)
    else if (kind === 'journey') {
      const status = (await findVersion(trx, { key, version: to }))?.status
      if (status !== 'live') newer.push(`${name} version ${to} is ${status}`)
    }
  }
  if (newer.length > 0)
    throw new DomainError(
      'conflict',
      `Other things have happened since: ${newer.join('; ')}. Renew the text back instead.`,
    )
}

/**
 * Migrations of the renewal that are not done bring back whom they asked, to what says the same as what is
 * published now. Answers which.
 */
async function turnBack(
  trx: Transaction<Database>,
  published: readonly RenewedVersion[],
  at: Date,
): Promise<ReadonlySet<string>> {
  const returning = new Set<string>()
  for (const { migrationId } of published) {
    const migration = migrationId && (await lockMigration(trx, migrationId))
    if (!migration || (migration.status !== 'running' && migration.status !== 'paused')) continue
    await updateMigration(trx, migration.migrationId, { status: 'undoing', at })
    await leaveWaitingRuns(trx, migration.migrationId)
    returning.add(migration.migrationId)
  }
  return returning
}

async function successionsOf(
  trx: Transaction<Database>,
  published: readonly RenewedVersion[],
  returning: ReadonlySet<string>,
) {
  const messages: Succession<LibraryMessage>[] = []
  const journeys: Succession<Journey>[] = []
  const policies: Succession<ContactPolicy>[] = []
  for (const { kind, key, from, to, fromHash, toHash, migrationId } of published)
    if (kind === 'message') {
      const [was, is] = [
        await LIBRARY_MESSAGES.findContent(trx, { key, hash: fromHash }),
        await LIBRARY_MESSAGES.findContent(trx, { key, hash: toHash }),
      ]
      invariant(was !== undefined && is !== undefined, 'a version that was published is kept')
      messages.push({ ...place(key, to, toHash), document: is.document, renewed: was.document })
    } else if (kind === 'contact-policy') {
      const [was, is] = [
        await findRuleVersion(trx, { kind, version: from }),
        await findRuleVersion(trx, { kind, version: to }),
      ]
      invariant(was !== undefined && is !== undefined, 'a version that was published is kept')
      policies.push({ ...place(key, to, toHash), document: is.document, renewed: was.document })
    } else {
      const [was, is] = [
        await findVersion(trx, { key, version: from }),
        await findVersion(trx, { key, version: to }),
      ]
      invariant(was !== undefined && is !== undefined, 'a version that was published is kept')
      journeys.push({
        ...place(key, to, toHash),
        document: is.definition,
        renewed: was.definition,
        undoing: migrationId !== undefined && returning.has(migrationId) ? migrationId : undefined,
      })
    }
  return { messages, journeys, policies }
}

const place = (key: string, version: number, hash: string) => ({ key, version, hash })
