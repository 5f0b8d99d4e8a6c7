import type { Kysely, Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { DocumentRow, KeyedDocuments } from '../db/keyed-documents.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import { contentHash } from './content-hash.ts'
import { holdRules } from './put-rules-in-force.ts'
import { gatherRequests, refuseUnseen } from './unseen-versions.ts'

export interface PublishDocumentDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
}

export interface PublishDocumentInput {
  /** The document that is meant: the one that is sent must have the same. */
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

export type PublishedDocument<Document> = DocumentRow<Document> & {
  /** `existing`: the latest version says the same, and at most the title was changed. */
  readonly status: 'created' | 'existing'
}

/** What sets documents of one kind apart. */
export interface DocumentKind<Document extends { readonly key: string }> {
  /** As people call it, and as the record of commands does. */
  readonly name: string
  readonly rows: KeyedDocuments<Document>
  /** Null for one that cannot be published; then `findings` say everything that is wrong. */
  readonly check: (
    document: unknown,
    db: Kysely<Database>,
  ) => Promise<{ readonly document: Document | null; readonly findings: readonly Finding[] }>
  /** All that makes a version. */
  readonly content: (document: Document) => object
  readonly title: (document: Document) => string
  /** What is wrong with it beside what else is in force. */
  readonly misfits?: (trx: Transaction<Database>, document: Document) => Promise<Finding[]>
  /** What comes with another version, in its transaction. */
  readonly follow?: (trx: Transaction<Database>, document: Document) => Promise<void>
}

/**
 * Makes a document the next version of what stands under its key. Journeys that are live stay with the
 * version that they were published with.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the document;
 * `newer_version` when another one follows the version that the caller has seen; `not_found` when
 * there is no such version
 */
export async function publishDocument<Document extends { readonly key: string }>(
  { db, now }: PublishDocumentDeps,
  kind: DocumentKind<Document>,
  input: PublishDocumentInput,
): Promise<PublishedDocument<Document>> {
  const { key, keyId, note, base, requestedAtMs = now() } = input
  const { name, rows } = kind
  const { document, findings } = await kind.check(input.document, db)
  if (document === null) throw refusal(name, findings)
  if (document.key !== key)
    throw refusal(name, [
      {
        code: 'key_mismatch',
        path: '/key',
        message: `The document is of "${document.key}", and was sent for "${key}"; make them the same.`,
        severity: 'error',
      },
    ])

  const hash = contentHash(kind.content(document))
  const seen = base ?? (await rows.find(db, key))?.version ?? 0
  if (base === undefined) await gatherRequests()
  return db.transaction().execute(async (trx) => {
    await holdRules(trx)
    const before = await rows.find(trx, key)
    if (before?.hash === hash) return rename(trx, kind, { before, document, keyId })
    refuseUnseen({ name: `${name} "${key}"`, details: { key } }, before, {
      seen,
      seenAtMs: base === undefined ? requestedAtMs : null,
    })
    const misfits = (await kind.misfits?.(trx, document)) ?? []
    if (misfits.length > 0) throw refusal(name, misfits)
    const created: DocumentRow<Document> = {
      key,
      title: kind.title(document),
      version: (before?.version ?? 0) + 1,
      hash,
      note,
      publishedAt: new Date(now()),
      publishedBy: keyId,
      document,
    }
    await rows.insertVersion(trx, created)
    await kind.follow?.(trx, document)
    await recordCommand(trx, {
      keyId,
      action: `${name}.publish`,
      target: `${name}/${key}`,
      before: before === undefined ? null : { version: before.version, hash: before.hash },
      after: { version: created.version, hash, note },
    })
    return { status: 'created', ...created }
  })
}

/** The title shapes nothing: it is changed without a version. */
async function rename<Document extends { readonly key: string }>(
  trx: Transaction<Database>,
  { name, rows, title: titleOf }: DocumentKind<Document>,
  renaming: {
    readonly before: DocumentRow<Document>
    readonly document: Document
    readonly keyId: string | null
  },
): Promise<PublishedDocument<Document>> {
  const { before, document, keyId } = renaming
  const { key } = document
  const title = titleOf(document)
  if (title !== before.title) {
    await rows.updateTitle(trx, { key, title })
    await recordCommand(trx, {
      keyId,
      action: `${name}.rename`,
      target: `${name}/${key}`,
      before: { title: before.title },
      after: { title },
    })
  }
  return { status: 'existing', ...before, title }
}

const refusal = (name: string, findings: readonly Finding[]): DomainError =>
  new DomainError('unacceptable', `The ${name} cannot be published as it is.`, findings)
