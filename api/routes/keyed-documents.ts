import { z } from '@hono/zod-openapi'
import type { Kysely } from 'kysely'
import type { DocumentRow, KeyedDocuments } from '../../db/keyed-documents.ts'
import type { Database } from '../../db/schema.ts'
import { DomainError, type Finding } from '../../domain/errors.ts'
import type {
  PublishDocumentDeps,
  PublishDocumentInput,
  PublishedDocument,
} from '../../operations/publish-document.ts'
import type { ApiDeps } from '../deps.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { toDocument, toDocumentVersion } from './document-answers.ts'
import type { documentRoutes, KeyedDocument } from './keyed-document-routes.ts'

/** What sets a kind apart where its documents are read and published. */
export interface KeyedKind<Document extends KeyedDocument> {
  readonly name: string
  readonly rows: Pick<KeyedDocuments<Document>, 'find' | 'list' | 'listVersions'>
  readonly check: (document: unknown) => Checked<Document>
  /** The same with what the store knows of. Default: it adds nothing. */
  readonly checkHere?: (document: unknown, db: Kysely<Database>) => Promise<Checked<Document>>
  readonly publish: (
    deps: PublishDocumentDeps,
    input: PublishDocumentInput,
  ) => Promise<PublishedDocument<Document>>
}

interface Checked<Document> {
  readonly document: Document | null
  readonly findings: readonly Finding[]
}

/** Answers all calls of a kind but the one for a single document: kinds have more to say of it. */
export const documentRouter = <const Path extends string, Shown extends z.ZodType>(
  deps: ApiDeps,
  routes: ReturnType<typeof documentRoutes<Path, Shown>>,
  kind: KeyedKind<KeyedDocument>,
) => {
  const { db } = deps
  return createRouter()
    .openapi(routes.list, async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [afterKey] = readCursor(cursor, z.tuple([z.string()])) ?? []
      const rows = await kind.rows.list(db, { limit: limit + 1, afterKey })
      return c.json(
        toPage(rows, limit, (row) => [row.key], toDocument),
        200,
      )
    })
    .openapi(routes.versions, async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [before] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
      const { key } = await getDocument(db, kind, c.req.valid('param').key)
      const rows = await kind.rows.listVersions(db, { key, limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.version], toDocumentVersion),
        200,
      )
    })
    .openapi(routes.publish, async (c) => {
      const { note = null, base } = c.req.valid('query')
      const published = await kind.publish(deps, {
        key: c.req.valid('param').key,
        keyId: c.get('caller').keyId,
        document: c.req.valid('json'),
        note,
        requestedAtMs: c.get('arrivedAtMs'),
        ...(base === undefined ? {} : { base }),
      })
      const answer = toDocument(published)
      return published.status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(routes.check, async (c) => {
      const { check, checkHere = check } = kind
      const { document, findings } = await checkHere(c.req.valid('json'), db)
      return c.json({ ok: document !== null, findings: [...findings] }, 200)
    })
}

/**
 * A published document by its key.
 *
 * @throws {DomainError} `not_found`
 */
export async function getDocument<Document extends KeyedDocument>(
  db: Kysely<Database>,
  { name, rows }: Pick<KeyedKind<Document>, 'name' | 'rows'>,
  key: string,
): Promise<DocumentRow<Document>> {
  const found = await rows.find(db, key)
  if (found === undefined) throw new DomainError('not_found', `There is no ${name} "${key}".`)
  return found
}

/**
 * The document that something is asked of: a published one, or a draft that could be.
 *
 * @throws {DomainError} `not_found`; `unacceptable` with all that is wrong with a draft
 */
export async function askedDocument<Document extends KeyedDocument>(
  db: Kysely<Database>,
  kind: KeyedKind<Document>,
  asked: { readonly key?: string | undefined; readonly document?: unknown },
): Promise<Document> {
  if ((asked.key === undefined) === (asked.document === undefined))
    throw new DomainError('unacceptable', `Name either a published ${kind.name} or send a draft.`)
  if (asked.key !== undefined) return (await getDocument(db, kind, asked.key)).document
  const { document, findings } = kind.check(asked.document)
  if (document !== null) return document
  throw new DomainError('unacceptable', 'This could not be published as it is.', findings)
}
