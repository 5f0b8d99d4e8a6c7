import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { LIBRARY_MESSAGES } from '../db/library-messages.ts'
import { listLiveDefinitions } from '../db/live-definitions.ts'
import { findRulesInForce } from '../db/rule-documents.ts'
import { insertRenewal, type RenewalRow } from '../db/renewals.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import type { Search } from '../domain/library/mentions.ts'
import { planRenewal, type RenewalPlan } from '../domain/library/plan-renewal.ts'
import { contentHash } from './content-hash.ts'
import { publishTogether, targetOf } from './publish-together.ts'
import { holdRules } from './put-rules-in-force.ts'
import type { MigrationDeps } from './start-migration.ts'

/** Messages that are looked through at once: far more than anybody keeps apart. */
const MESSAGES_MAX = 5_000

/** Where a text is mentioned in what is live, what would stand there, and what speaks against that. */
export async function planTexts(db: Kysely<Database>, search: Search): Promise<RenewalPlan> {
  const [messages, journeys, policy] = [
    await LIBRARY_MESSAGES.list(db, { limit: MESSAGES_MAX }),
    await listLiveDefinitions(db),
    await findRulesInForce(db, 'contact-policy'),
  ]
  return planRenewal(
    {
      messages,
      journeys: journeys.map(({ journey, ...live }) => ({ ...live, document: journey })),
      policies: policy === undefined ? [] : [policy],
    },
    search,
    contentHash,
  )
}

/**
 * Replaces a text in every message of the library and of the contact policy and in every live journey, in
 * one transaction, and takes the people inside those journeys along, each on the step where they are. All
 * or nothing.
 *
 * @throws {DomainError} `unacceptable` with all that is wrong with the drafts, or where nothing mentions
 * it; `conflict` while a migration of one of the journeys is under way
 */
export async function renewTexts(
  { db, now, onMigration }: MigrationDeps,
  {
    keyId,
    note,
    ...search
  }: Search & { readonly keyId: string | null; readonly note: string | null },
): Promise<RenewalRow> {
  const { find, replace } = search
  const renewal = await db.transaction().execute(async (trx) => {
    const held = await holdRules(trx)
    const { findings, ...changes } = await planTexts(trx, search)
    if (findings.some(({ severity }) => severity === 'error'))
      throw new DomainError('unacceptable', 'Nothing was published: a draft is at fault.', findings)
    if (Object.values(changes).every((documents) => documents.length === 0))
      throw new DomainError('unacceptable', `Nothing that is live mentions "${find}".`)
    const at = new Date(now())
    const published = await publishTogether(trx, held, {
      ...changes,
      keyId,
      at,
      note: note ?? `"${find}" became "${replace}"`,
    })
    const row: RenewalRow = {
      renewalId: randomUUID(),
      find,
      replace,
      note,
      published,
      createdAt: at,
      createdBy: keyId,
      undoneAt: null,
      undoneBy: null,
    }
    await insertRenewal(trx, row)
    await recordCommand(trx, {
      keyId,
      action: 'renewal.publish',
      target: `renewal/${row.renewalId}`,
      before: null,
      after: { find, replace, note, published: namesOf(published) },
    })
    return row
  })
  tellMigrations(renewal.published, onMigration)
  return renewal
}

/** What was published, as people name it. */
export const namesOf = (published: RenewalRow['published']): string[] =>
  published.map(({ kind, key, to }) => `${targetOf(kind, key)}@${to}`)

export function tellMigrations(
  published: RenewalRow['published'],
  onMigration: MigrationDeps['onMigration'],
): void {
  for (const { migrationId } of published) if (migrationId !== undefined) onMigration(migrationId)
}
