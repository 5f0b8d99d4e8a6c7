import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  findLiveVersion,
  insertNextVersion,
  listVersionsInUse,
  type PublishedVersion,
} from '../db/journey-versions.ts'
import { lockRuleBook, upsertRuleBook } from '../db/rule-books.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, invariant, type Finding } from '../domain/errors.ts'
import {
  bookFindings,
  compileEntryRules,
  compileRuleBook,
} from '../domain/journeys/compile-rule-book.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import { contentHash } from './content-hash.ts'

/** A superseded version stays in the book this long: an entry into it may be on its way. */
const SUPERSEDED_KEPT_MS = 24 * 60 * 60 * 1000

export interface PublishInput {
  /** The journey that is meant, where the caller names it: the definition's key must be the same. */
  readonly key?: string
  readonly keyId: string | null
  readonly definition: unknown
  readonly note: string | null
}

export interface Published extends PublishedVersion {
  /** `existing`: the live version has this very content, and nothing was changed. */
  readonly status: 'created' | 'existing'
}

/**
 * Makes a definition the live version of its journey, in force for the next batch of every
 * customer. Publications follow each other, also those of several processes.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the definition
 */
export async function publishJourney(
  { db, nowMs }: { readonly db: Kysely<Database>; readonly nowMs: () => number },
  { key, keyId, definition, note }: PublishInput,
): Promise<Published> {
  const { journey, findings } = checkJourney(definition)
  if (journey === null) throw refusal(findings)
  if (key !== undefined && journey.key !== key)
    throw refusal([
      {
        code: 'key_mismatch',
        path: '/key',
        message: `The definition is of "${journey.key}", and was sent for "${key}"; make them the same.`,
        severity: 'error',
      },
    ])

  const hash = contentHash(journey)
  return db.transaction().execute(async (trx) => {
    const inForce = await lockRuleBook(trx)
    invariant(inForce !== undefined, 'a rule book is in force before anything is published')
    const before = await findLiveVersion(trx, journey.key)
    if (before?.hash === hash) return { status: 'existing', ...before }

    const at = new Date(nowMs())
    const created = await insertNextVersion(trx, { journey, hash, note, at, by: keyId })
    const journeys = await listVersionsInUse(trx, {
      supersededAfter: new Date(at.getTime() - SUPERSEDED_KEPT_MS),
    })
    const publication = inForce.publication + 1
    const content = compileRuleBook({
      journeys,
      lifecycle: inForce.book.lifecycle,
      previous: inForce.book,
      publication,
    })
    const tooMuch = bookFindings(content)
    if (tooMuch.length > 0) throw refusal(tooMuch)
    await upsertRuleBook(trx, {
      publication,
      book: { ...content, hash: contentHash(content) },
      entryRules: compileEntryRules(journeys),
    })
    await recordCommand(trx, {
      keyId,
      action: 'journey.publish',
      target: `journey/${journey.key}`,
      before: before === undefined ? null : { version: before.version, hash: before.hash },
      after: { version: created.version, hash, note },
    })
    return { status: 'created', ...created }
  })
}

function refusal(findings: readonly Finding[]): DomainError {
  return new DomainError('unacceptable', 'The journey cannot be published as it is.', findings)
}
