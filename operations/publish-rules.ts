import type { Kysely, Transaction } from 'kysely'
import { listAudiencesInUse } from '../db/audiences.ts'
import { recordCommand } from '../db/commands.ts'
import { insertRollout } from '../db/lifecycle-rollouts.ts'
import { readKnownNames } from '../db/known-names.ts'
import { findFormulas, findRulesInForce, type RuleVersion } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import type { LifecycleDocument } from '../domain/customers/lifecycle-document.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import {
  checkRules,
  ruleTitle,
  ruleContent,
  type RuleDocumentKind,
} from '../domain/rule-documents.ts'
import { countedEvents, countedFindings } from '../domain/retention/counted-events.ts'
import { contentHash } from './content-hash.ts'
import { insertNextRules } from './insert-next-rules.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'
import { gatherRequests, refuseUnseen } from './unseen-versions.ts'

/** Customers who are told of other lifecycle rules in a second. */
const TOLD_PER_SECOND = 50

export interface PublishRulesDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told of a rollout that is to be worked off, after the commit. Must not throw. */
  readonly onRollout: (version: number) => void
}

export interface PublishRulesInput {
  readonly kind: RuleDocumentKind
  readonly document: unknown
  readonly note: string | null
  readonly keyId: string | null
  /**
   * The version that the caller has seen as the latest, 0 for none. Default: whatever was published
   * before the request came in.
   */
  readonly base?: number
  /** When the request came in. Default: now. */
  readonly requestedAtMs?: number
}

export interface PublishedRules extends RuleVersion {
  /** `existing`: the version in force says the same already. */
  readonly status: 'created' | 'existing'
}

/**
 * Makes a document the next version of its kind, in force for the next batch of every customer. Of
 * several that would follow the same version, one does. Older content comes back by publishing it again.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the document;
 * `newer_version` when another one follows the version that the caller has seen; `not_found` when
 * there is no such version
 */
export async function publishRules(
  { db, now, onRollout }: PublishRulesDeps,
  { kind, document, note, keyId, base, requestedAtMs = now() }: PublishRulesInput,
): Promise<PublishedRules> {
  const { checked } = checkRules(kind, document)
  // What the store has seen only adds advice, which nobody reads where the rules are published.
  if (checked === null)
    throw refusal(kind, checkRules(kind, document, await readKnownNames(db)).findings)

  const hash = contentHash(ruleContent(checked.document))
  const seen = base ?? (await findRulesInForce(db, kind))?.version ?? 0
  if (base === undefined) await gatherRequests()
  const published = await db.transaction().execute(async (trx): Promise<PublishedRules> => {
    const held = await holdRules(trx)
    const before = await findRulesInForce(trx, kind)
    if (before?.hash === hash) {
      const { document: _, ...existing } = before
      return { status: 'existing', ...existing }
    }
    refuseUnseen({ name: ruleTitle(kind) }, before, {
      seen,
      seenAtMs: base === undefined ? requestedAtMs : null,
    })

    if (checked.kind === 'retention') {
      const audiences = await listAudiencesInUse(trx)
      const formulas = await findFormulas(trx)
      const counted = countedFindings(
        checked.document,
        countedEvents(held.book, audiences, formulas),
      )
      if (counted.length > 0) throw refusal(kind, counted)
    }
    const publishedAt = new Date(now())
    const created = {
      version: (before?.version ?? 0) + 1,
      hash,
      note,
      publishedAt,
      publishedBy: keyId,
    }
    const changes = await insertNextRules(trx, checked, created)
    // What actors do not read leaves their book as it is.
    const tooMuch = changes === null ? [] : await putRulesInForce(trx, held, publishedAt, changes)
    if (tooMuch.length > 0) throw refusal(kind, tooMuch)
    if (checked.kind === 'lifecycle') await beginRollout(trx, checked.document, created)
    await recordCommand(trx, {
      keyId,
      action: `${kind}.publish`,
      target: kind,
      before: before === undefined ? null : { version: before.version, hash: before.hash },
      after: { version: created.version, hash, note },
    })
    return { status: 'created', ...created }
  })
  if (kind === 'lifecycle' && published.status === 'created') onRollout(published.version)
  return published
}

/** Somebody to whom nothing happens would go on under the rules of the day they last woke. */
const beginRollout = (
  trx: Transaction<Database>,
  { rollout }: LifecycleDocument,
  { version, publishedAt, publishedBy }: RuleVersion,
): Promise<void> =>
  insertRollout(trx, {
    version,
    share: rollout?.canary ?? 1,
    perSecond: rollout?.perSecond ?? TOLD_PER_SECOND,
    createdAt: publishedAt,
    createdBy: publishedBy,
  })

const refusal = (kind: RuleDocumentKind, findings: readonly Finding[]): DomainError =>
  new DomainError('unacceptable', `This cannot be published as ${ruleTitle(kind)}.`, findings)
