import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { insertMigration, type MigrationRow } from '../db/journey-migrations.ts'
import { insertNextVersion, titleOf } from '../db/journey-versions.ts'
import { LIBRARY_MESSAGES } from '../db/library-messages.ts'
import { hasRunsToEnter } from '../db/migration-entry.ts'
import type { Database } from '../db/schema.ts'
import { findTitles } from '../db/titles.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import { DomainError } from '../domain/errors.ts'
import { child } from '../domain/json-pointer.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { planFindings, type MigrationSteps } from '../domain/journeys/migration-plan.ts'
import { runContent } from '../domain/journeys/run-content.ts'
import {
  libraryContent,
  libraryTitle,
  type LibraryMessage,
} from '../domain/library/library-message.ts'
import type { RenewedVersion } from '../domain/library/renewal.ts'
import { ruleContent } from '../domain/rule-documents.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { contentHash } from './content-hash.ts'
import { insertNextRules } from './insert-next-rules.ts'
import { putRulesInForce, type HeldRules } from './put-rules-in-force.ts'
import { refuseSecond } from './start-migration.ts'

/** What is published, and what takes its place. */
export interface Succession<Document> {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly document: Document
  readonly renewed: Document
  /** A migration of the journey that is on its way back. */
  readonly undoing?: string | undefined
}

interface Together {
  readonly messages: readonly Succession<LibraryMessage>[]
  readonly journeys: readonly Succession<Journey>[]
  /** The contact policy, or nothing. */
  readonly policies: readonly Succession<ContactPolicy>[]
  readonly note: string
  readonly keyId: string | null
  readonly at: Date
}

/** Customers asked in a second, of each journey. */
const PER_SECOND = 50
const EVERYBODY = 1

/**
 * Publishes several documents as one, and begins to take the people inside the journeys along, each on
 * the step where they are. The migrations' rounds enter them. The caller holds the rules.
 *
 * @throws {DomainError} `unacceptable` where the rule book becomes too large; `conflict` while another
 * migration of one of the journeys is under way
 */
export async function publishTogether(
  trx: Transaction<Database>,
  held: HeldRules,
  { messages, journeys, policies, note, keyId, at }: Together,
): Promise<RenewedVersion[]> {
  const published: RenewedVersion[] = []
  const titles = await findTitles(trx, { messages: keysOf(messages), journeys: keysOf(journeys) })
  for (const { key, version: from, hash: fromHash, renewed } of messages) {
    const message = titled(renewed, libraryTitle(renewed), titles.messages)
    const [to, hash] = [from + 1, contentHash(libraryContent(message))]
    const publication = { version: to, hash, note, publishedAt: at, publishedBy: keyId }
    await LIBRARY_MESSAGES.insertVersion(trx, {
      key,
      title: libraryTitle(message),
      document: message,
      ...publication,
    })
    published.push({ kind: 'message', key, from, to, fromHash, toHash: hash })
  }
  for (const { key, version: from, hash: fromHash, document, renewed, undoing } of journeys) {
    const journey = titled(renewed, titleOf(renewed), titles.journeys)
    const hash = contentHash(runContent(journey))
    const { version: to } = await insertNextVersion(trx, { journey, hash, note, at, by: keyId })
    const migration: MigrationRow = {
      migrationId: randomUUID(),
      journey: key,
      from,
      to,
      steps: sameSteps(document, journey),
      resend: false,
      share: EVERYBODY,
      perSecond: PER_SECOND,
      status: 'running',
      createdAt: at,
      createdBy: keyId,
      updatedAt: at,
    }
    const isInhabited = await hasRunsToEnter(trx, migration, EVERYBODY)
    await refuseSecond(trx, migration, undoing)
    if (isInhabited) await insertMigration(trx, migration)
    const { migrationId } = migration
    published.push({
      kind: 'journey',
      key,
      from,
      to,
      fromHash,
      toHash: hash,
      ...(isInhabited ? { migrationId } : {}),
    })
  }
  let beside: Partial<RulesBeside> = {}
  for (const { key, version: from, hash: fromHash, renewed } of policies) {
    const [to, hash] = [from + 1, contentHash(ruleContent(renewed))]
    const publication = { version: to, hash, note, publishedAt: at, publishedBy: keyId }
    const kind = 'contact-policy'
    beside = (await insertNextRules(trx, { kind, document: renewed }, publication)) ?? {}
    published.push({ kind, key, from, to, fromHash, toHash: hash })
  }
  const tooMuch = await putRulesInForce(trx, held, at, beside)
  if (tooMuch.length > 0)
    throw new DomainError('unacceptable', 'Nothing was published: it is too much.', tooMuch)
  for (const { kind, key, from, to, fromHash, toHash } of published)
    await recordCommand(trx, {
      keyId,
      action: `${kind}.publish`,
      target: targetOf(kind, key),
      before: { version: from, hash: fromHash },
      after: { version: to, hash: toHash, note },
    })
  return published
}

/** A document as the record of commands names it; of the contact policy there is one. */
export const targetOf = (kind: RenewedVersion['kind'], key: string): string =>
  kind === 'contact-policy' ? kind : `${kind}/${key}`

const keysOf = (documents: readonly { readonly key: string }[]): string[] =>
  documents.map(({ key }) => key)

/** A document under the title that it has now. */
function titled<Document extends { readonly key: string }>(
  document: Document,
  before: string,
  titles: ReadonlyMap<string, string>,
): Document {
  const title = titles.get(document.key) ?? before
  return title === before ? document : { ...document, title }
}

/** Everybody to the step of the same name; one that no path leads to any more is left. */
function sameSteps(from: Journey, to: Journey): MigrationSteps {
  const same = Object.fromEntries(Object.keys(from.steps).map((step) => [step, step]))
  const wrong = new Set(planFindings(from, to, same).map(({ path }) => path))
  return Object.fromEntries(
    Object.keys(same).map((step) => [step, wrong.has(child('/steps', step)) ? 'stay' : step]),
  )
}
