import type { Kysely, Transaction } from 'kysely'
import { endWatch } from '../db/audience-watches.ts'
import {
  findAudience,
  insertAudienceVersion,
  updateAudienceTitle,
  type AudienceRow,
} from '../db/audiences.ts'
import { recordCommand } from '../db/commands.ts'
import { findFormulas } from '../db/rule-documents.ts'
import { readKnownNames } from '../db/known-names.ts'
import type { Database } from '../db/schema.ts'
import { audienceContent, audienceTitle, type Audience } from '../domain/audiences/audience.ts'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import { missingFacts } from '../domain/facts/missing-facts.ts'
import { contentHash } from './content-hash.ts'
import { holdRules } from './put-rules-in-force.ts'
import { gatherRequests, refuseUnseen } from './unseen-versions.ts'

export interface PublishAudienceDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
}

export interface PublishAudienceInput {
  /** The audience that is meant: the document's key must be the same. */
  readonly key: string
  readonly keyId: string | null
  readonly document: unknown
  readonly note: string | null
  /**
   * The version that the caller has seen as the latest, 0 for none. Default: whatever was published
   * before the request came in.
   */
  readonly base?: number
  /** When the request came in. Default: now. */
  readonly requestedAtMs?: number
}

export interface PublishedAudience extends AudienceRow {
  /** `existing`: the latest version says the same, and at most the title was changed. */
  readonly status: 'created' | 'existing'
}

/**
 * Makes a document the next version of its audience. Journeys that are live stay with the version that
 * they were published with.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the document;
 * `newer_version` when another one follows the version that the caller has seen; `not_found` when
 * there is no such version
 */
export async function publishAudience(
  { db, now }: PublishAudienceDeps,
  { key, keyId, document, note, base, requestedAtMs = now() }: PublishAudienceInput,
): Promise<PublishedAudience> {
  const { audience } = checkAudience(document)
  // What the store has seen only adds advice, which nobody reads where the audience is published.
  if (audience === null) throw refusal(checkAudience(document, await readKnownNames(db)).findings)
  if (audience.key !== key)
    throw refusal([
      {
        code: 'key_mismatch',
        path: '/key',
        message: `The document is of "${audience.key}", and was sent for "${key}"; make them the same.`,
        severity: 'error',
      },
    ])

  const hash = contentHash(audienceContent(audience))
  const seen = base ?? (await findAudience(db, key))?.version ?? 0
  if (base === undefined) await gatherRequests()
  return db.transaction().execute(async (trx) => {
    await holdRules(trx)
    const before = await findAudience(trx, key)
    if (before?.hash === hash) return rename(trx, before, audience, keyId)
    refuseUnseen({ name: `audience "${key}"`, details: { key } }, before, {
      seen,
      seenAtMs: base === undefined ? requestedAtMs : null,
    })
    const missing = missingFacts({ journeys: [], audiences: [audience] }, await findFormulas(trx))
    if (missing.length > 0) throw refusal(missing)
    const created = {
      version: (before?.version ?? 0) + 1,
      hash,
      note,
      publishedAt: new Date(now()),
      publishedBy: keyId,
    }
    await insertAudienceVersion(trx, { audience, ...created })
    if (audience.watch === undefined) await endWatch(trx, key)
    await recordCommand(trx, {
      keyId,
      action: 'audience.publish',
      target: `audience/${key}`,
      before: before === undefined ? null : { version: before.version, hash: before.hash },
      after: { version: created.version, hash, note },
    })
    return {
      status: 'created',
      key,
      title: audienceTitle(audience),
      document: audience,
      ...created,
    }
  })
}

/** The title decides about nobody: it is changed without a version. */
async function rename(
  trx: Transaction<Database>,
  before: AudienceRow,
  audience: Audience,
  keyId: string | null,
): Promise<PublishedAudience> {
  const { key } = audience
  const title = audienceTitle(audience)
  if (title !== before.title) {
    await updateAudienceTitle(trx, { key, title })
    await recordCommand(trx, {
      keyId,
      action: 'audience.rename',
      target: `audience/${key}`,
      before: { title: before.title },
      after: { title },
    })
  }
  return { status: 'existing', ...before, title }
}

const refusal = (findings: readonly Finding[]): DomainError =>
  new DomainError('unacceptable', 'The audience cannot be published as it is.', findings)
