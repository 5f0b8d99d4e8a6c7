import type { Kysely, Transaction } from 'kysely'
import { libraryTitle, type LibraryMessage } from '../domain/library/library-message.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface LibraryMessageVersion {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
  readonly publishedBy: string | null
}

/** The newest version of a message of the library, with what it says and what people call it now. */
export interface LibraryMessageRow extends LibraryMessageVersion {
  readonly title: string
  readonly document: LibraryMessage
}

const COLUMNS = [
  'v.key',
  'v.version',
  'v.hash',
  'v.note',
  'v.published_at as publishedAt',
  'v.published_by as publishedBy',
] as const

const newest = (db: Kysely<Database>) =>
  db
    .selectFrom('library_messages as m')
    .innerJoin('library_message_versions as v', (join) =>
      join.onRef('v.key', '=', 'm.key').onRef('v.version', '=', 'm.latest_version'),
    )
    .select([...COLUMNS, 'm.title', 'v.document'])

/** By key; `afterKey`: those behind it. */
export const listLibraryMessages = (
  db: Kysely<Database>,
  { limit, afterKey }: { readonly limit: number; readonly afterKey?: string | undefined },
): Promise<LibraryMessageRow[]> =>
  newest(db)
    .$if(afterKey !== undefined, (query) => query.where('m.key', '>', afterKey ?? ''))
    .orderBy('m.key')
    .limit(limit)
    .execute()

export const findLibraryMessage = (
  db: Kysely<Database>,
  key: string,
): Promise<LibraryMessageRow | undefined> => newest(db).where('m.key', '=', key).executeTakeFirst()

/** A version by its content. The same content published twice: the newer, which differs in nothing. */
export const findLibraryMessageContent = (
  db: Kysely<Database>,
  { key, hash }: { readonly key: string; readonly hash: string },
): Promise<(LibraryMessageVersion & { readonly document: LibraryMessage }) | undefined> =>
  db
    .selectFrom('library_message_versions as v')
    .select([...COLUMNS, 'v.document'])
    .where('v.key', '=', key)
    .where('v.hash', '=', hash)
    .orderBy('v.version', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The newest first; `before`: those with a smaller number. */
export const listLibraryMessageVersions = (
  db: Kysely<Database>,
  input: {
    readonly key: string
    readonly limit: number
    readonly before?: number | undefined
  },
): Promise<(LibraryMessageVersion & { readonly document: LibraryMessage })[]> =>
  db
    .selectFrom('library_message_versions as v')
    .select([...COLUMNS, 'v.document'])
    .where('v.key', '=', input.key)
    .$if(input.before !== undefined, (query) => query.where('v.version', '<', input.before ?? 0))
    .orderBy('v.version', 'desc')
    .limit(input.limit)
    .execute()

/** Stores a message of the library as its next version. The caller holds `lockRuleBook`, so that no two take one number. */
export async function insertLibraryMessageVersion(
  trx: Transaction<Database>,
  {
    message,
    version,
    hash,
    note,
    publishedAt,
    publishedBy,
  }: Omit<LibraryMessageVersion, 'key'> & { readonly message: LibraryMessage },
): Promise<void> {
  const { key } = message
  const named = { title: libraryTitle(message), latest_version: version }
  await trx
    .insertInto('library_messages')
    .values({ key, ...named, created_at: publishedAt })
    .onConflict((oc) => oc.column('key').doUpdateSet(named))
    .execute()
  await trx
    .insertInto('library_message_versions')
    .values({
      key,
      version,
      hash,
      document: jsonText(message),
      note,
      published_at: publishedAt,
      published_by: publishedBy,
    })
    .execute()
}

export async function updateLibraryTitle(
  trx: Transaction<Database>,
  { key, title }: { readonly key: string; readonly title: string },
): Promise<void> {
  await trx.updateTable('library_messages').set({ title }).where('key', '=', key).execute()
}
