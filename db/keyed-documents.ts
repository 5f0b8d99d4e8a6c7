import type { Kysely, Transaction } from 'kysely'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** A publication of a document that stands under a key of its own. */
export interface DocumentVersion<Document> {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
  readonly publishedBy: string | null
  readonly document: Document
}

/** The newest version of a document, with what people call it now. */
export interface DocumentRow<Document> extends DocumentVersion<Document> {
  readonly title: string
}

/** Where documents of one kind are, and their versions. */
interface Tables {
  readonly documents: 'audiences' | 'library_messages'
  readonly versions: 'audience_versions' | 'library_message_versions'
}

/** Documents of one kind under keys, each with its versions. */
export type KeyedDocuments<Document> = ReturnType<typeof keyedDocuments<Document>>

/** Reads and writes the documents of one kind. All kinds have tables of one shape. */
export function keyedDocuments<Document>(tables: Tables) {
  // The builder takes one table and not one of several, and they differ in nothing but the document.
  const { documents, versions } = tables as {
    documents: 'library_messages'
    versions: 'library_message_versions'
  }
  const versionsIn = (db: Kysely<Database>) =>
    db
      .selectFrom(`${versions} as v`)
      .select([
        'v.key',
        'v.version',
        'v.hash',
        'v.note',
        'v.published_at as publishedAt',
        'v.published_by as publishedBy',
        'v.document',
      ])
      .$castTo<DocumentVersion<Document>>()
  const newest = (db: Kysely<Database>) =>
    versionsIn(db)
      .innerJoin(`${documents} as d`, (join) =>
        join.onRef('v.key', '=', 'd.key').onRef('v.version', '=', 'd.latest_version'),
      )
      .select('d.title')
      .$castTo<DocumentRow<Document>>()

  return {
    find: (db: Kysely<Database>, key: string): Promise<DocumentRow<Document> | undefined> =>
      newest(db).where('v.key', '=', key).executeTakeFirst(),

    /** By key; `afterKey`: those behind it. */
    list: (
      db: Kysely<Database>,
      { limit, afterKey }: { readonly limit: number; readonly afterKey?: string | undefined },
    ): Promise<DocumentRow<Document>[]> =>
      newest(db)
        .$if(afterKey !== undefined, (query) => query.where('v.key', '>', afterKey ?? ''))
        .orderBy('v.key')
        .limit(limit)
        .execute(),

    /** A version by its content. The same content published twice: the newer, which differs in nothing. */
    findContent: (
      db: Kysely<Database>,
      { key, hash }: { readonly key: string; readonly hash: string },
    ): Promise<DocumentVersion<Document> | undefined> =>
      versionsIn(db)
        .where('v.key', '=', key)
        .where('v.hash', '=', hash)
        .orderBy('v.version', 'desc')
        .limit(1)
        .executeTakeFirst(),

    /** The newest first; `before`: those with a smaller number. */
    listVersions: (
      db: Kysely<Database>,
      input: {
        readonly key: string
        readonly limit: number
        readonly before?: number | undefined
      },
    ): Promise<DocumentVersion<Document>[]> =>
      versionsIn(db)
        .where('v.key', '=', input.key)
        .$if(input.before !== undefined, (query) =>
          query.where('v.version', '<', input.before ?? 0),
        )
        .orderBy('v.version', 'desc')
        .limit(input.limit)
        .execute(),

    /** Stores a document as its next version. The caller holds `lockRuleBook`, so that no two take one number. */
    insertVersion: async (
      trx: Transaction<Database>,
      row: DocumentRow<Document>,
    ): Promise<void> => {
      const { key, title, version, hash, note, publishedAt, publishedBy, document } = row
      const named = { title, latest_version: version }
      await trx
        .insertInto(documents)
        .values({ key, ...named, created_at: publishedAt })
        .onConflict((oc) => oc.column('key').doUpdateSet(named))
        .execute()
      await trx
        .insertInto(versions)
        .values({
          key,
          version,
          hash,
          document: jsonText(document),
          note,
          published_at: publishedAt,
          published_by: publishedBy,
        })
        .execute()
    },

    updateTitle: async (
      trx: Transaction<Database>,
      { key, title }: { readonly key: string; readonly title: string },
    ): Promise<void> => {
      await trx.updateTable(documents).set({ title }).where('key', '=', key).execute()
    },
  }
}
