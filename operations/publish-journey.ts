import type { Kysely, Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  findLatestVersion,
  findLiveVersion,
  insertNextVersion,
  titleOf,
  updateTitle,
  type PublishedVersion,
} from '../db/journey-versions.ts'
import { readKnownNames } from '../db/known-names.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import { runContent } from '../domain/journeys/run-content.ts'
import { contentHash } from './content-hash.ts'
import { pinJourney } from './pin-journey.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'
import { gatherRequests, refuseUnseen } from './unseen-versions.ts'

export interface PublishDeps {
  readonly db: Kysely<Database>
  readonly nowMs: () => number
}

export interface PublishInput {
  /** The journey that is meant, where the caller names it: the definition's key must be the same. */
  readonly key?: string
  readonly keyId: string | null
  readonly definition: unknown
  readonly note: string | null
  /**
   * The version that the caller has seen as the latest, 0 for none. Default: whatever was published
   * before the request came in.
   */
  readonly base?: number
  /** When the request came in. Default: now. */
  readonly requestedAtMs?: number
}

export interface Published extends PublishedVersion {
  /** `existing`: the live version does the same to everybody, and at most the title was changed. */
  readonly status: 'created' | 'existing'
}

/**
 * Makes a definition the live version of its journey, in force for the next batch of every
 * customer. Of several that would follow the same version, one does.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the definition;
 * `newer_version` when another one follows the version that the caller has seen; `not_found` when
 * there is no such version
 */
export async function publishJourney(
  { db, nowMs }: PublishDeps,
  { key, keyId, definition, note, base, requestedAtMs = nowMs() }: PublishInput,
): Promise<Published> {
  const { journey: checked } = checkJourney(definition)
  // What the store has seen only adds advice, which nobody reads where the journey is published.
  if (checked === null) throw refusal(checkJourney(definition, await readKnownNames(db)).findings)
  const { journey, findings } = await pinJourney(db, checked)
  if (findings.some(({ severity }) => severity === 'error')) throw refusal(findings)
  if (key !== undefined && journey.key !== key)
    throw refusal([
      {
        code: 'key_mismatch',
        path: '/key',
        message: `The definition is of "${journey.key}", and was sent for "${key}"; make them the same.`,
        severity: 'error',
      },
    ])

  const hash = contentHash(runContent(journey))
  const seen = base ?? (await findLatestVersion(db, journey.key))?.version ?? 0
  if (base === undefined) await gatherRequests()
  return db.transaction().execute(async (trx) => {
    const held = await holdRules(trx)
    const before = await findLiveVersion(trx, journey.key)
    if (before !== undefined && isSame(before, hash)) {
      await renameJourney(trx, journey, keyId)
      return { status: 'existing', ...before.live }
    }
    const latest = await findLatestVersion(trx, journey.key)
    refuseUnseen({ name: `journey "${journey.key}"`, details: { key: journey.key } }, latest, {
      seen,
      seenAtMs: base === undefined ? requestedAtMs : null,
    })

    const at = new Date(nowMs())
    const created = await insertNextVersion(trx, { journey, hash, note, at, by: keyId })
    const tooMuch = await putRulesInForce(trx, held, at)
    if (tooMuch.length > 0) throw refusal(tooMuch)
    await recordCommand(trx, {
      keyId,
      action: 'journey.publish',
      target: `journey/${journey.key}`,
      before:
        before === undefined ? null : { version: before.live.version, hash: before.live.hash },
      after: { version: created.version, hash, note },
    })
    return { status: 'created', ...created }
  })
}

/** By the content too: a hash made by an earlier release may have been over more than shapes a run. */
function isSame(
  { live, definition }: { live: PublishedVersion; definition: Journey },
  hash: string,
): boolean {
  return live.hash === hash || contentHash(runContent(definition)) === hash
}

/** The title shapes no run: it is changed without a version. */
async function renameJourney(
  trx: Transaction<Database>,
  journey: Journey,
  keyId: string | null,
): Promise<void> {
  const before = await updateTitle(trx, journey)
  if (before === undefined) return
  await recordCommand(trx, {
    keyId,
    action: 'journey.rename',
    target: `journey/${journey.key}`,
    before: { title: before },
    after: { title: titleOf(journey) },
  })
}

function refusal(findings: readonly Finding[]): DomainError {
  return new DomainError('unacceptable', 'The journey cannot be published as it is.', findings)
}
