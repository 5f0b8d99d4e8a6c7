import type { Kysely, Transaction } from 'kysely'
import {
  findLibraryMessage,
  insertLibraryMessageVersion,
  updateLibraryTitle,
  type LibraryMessageRow,
} from '../db/library-messages.ts'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import {
  libraryContent,
  libraryTitle,
  type LibraryMessage,
} from '../domain/library/library-message.ts'
import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import { contentHash } from './content-hash.ts'
import { holdRules } from './put-rules-in-force.ts'
import { gatherRequests, refuseUnseen } from './unseen-versions.ts'

export interface PublishMessageDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
}

export interface PublishMessageInput {
  /** The message that is meant: the document's key must be the same. */
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

export interface PublishedMessage extends LibraryMessageRow {
  /** `existing`: the latest version says the same, and at most the title was changed. */
  readonly status: 'created' | 'existing'
}

/**
 * Makes a document the next version of its message. Journeys that are live stay with the version that
 * they were published with.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the document;
 * `newer_version` when another one follows the version that the caller has seen; `not_found` when
 * there is no such version
 */
export async function publishMessage(
  { db, now }: PublishMessageDeps,
  { key, keyId, document, note, base, requestedAtMs = now() }: PublishMessageInput,
): Promise<PublishedMessage> {
  const { message, findings } = checkLibraryMessage(document)
  if (message === null) throw refusal(findings)
  if (message.key !== key)
    throw refusal([
      {
        code: 'key_mismatch',
        path: '/key',
        message: `The document is of "${message.key}", and was sent for "${key}"; make them the same.`,
        severity: 'error',
      },
    ])

  const hash = contentHash(libraryContent(message))
  const seen = base ?? (await findLibraryMessage(db, key))?.version ?? 0
  if (base === undefined) await gatherRequests()
  return db.transaction().execute(async (trx) => {
    await holdRules(trx)
    const before = await findLibraryMessage(trx, key)
    if (before?.hash === hash) return rename(trx, before, message, keyId)
    refuseUnseen({ name: `message "${key}"`, details: { key } }, before, {
      seen,
      seenAtMs: base === undefined ? requestedAtMs : null,
    })
    const created = {
      version: (before?.version ?? 0) + 1,
      hash,
      note,
      publishedAt: new Date(now()),
      publishedBy: keyId,
    }
    await insertLibraryMessageVersion(trx, { message, ...created })
    await recordCommand(trx, {
      keyId,
      action: 'message.publish',
      target: `message/${key}`,
      before: before === undefined ? null : { version: before.version, hash: before.hash },
      after: { version: created.version, hash, note },
    })
    return {
      status: 'created',
      key,
      title: libraryTitle(message),
      document: message,
      ...created,
    }
  })
}

/** Nobody reads the title: it is changed without a version. */
async function rename(
  trx: Transaction<Database>,
  before: LibraryMessageRow,
  message: LibraryMessage,
  keyId: string | null,
): Promise<PublishedMessage> {
  const { key } = message
  const title = libraryTitle(message)
  if (title !== before.title) {
    await updateLibraryTitle(trx, { key, title })
    await recordCommand(trx, {
      keyId,
      action: 'message.rename',
      target: `message/${key}`,
      before: { title: before.title },
      after: { title },
    })
  }
  return { status: 'existing', ...before, title }
}

const refusal = (findings: readonly Finding[]): DomainError =>
  new DomainError('unacceptable', 'The message cannot be published as it is.', findings)
