import type { Kysely, Transaction } from 'kysely'
import { audienceTitle, type Audience } from '../domain/audiences/audience.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface AudienceVersion {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
  readonly publishedBy: string | null
}

/** The newest version of an audience, with what it says and what people call it now. */
export interface AudienceRow extends AudienceVersion {
  readonly title: string
  readonly document: Audience
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
    .selectFrom('audiences as a')
    .innerJoin('audience_versions as v', (join) =>
      join.onRef('v.key', '=', 'a.key').onRef('v.version', '=', 'a.latest_version'),
    )
    .select([...COLUMNS, 'a.title', 'v.document'])

/** By key; `afterKey`: those behind it. */
export const listAudiences = (
  db: Kysely<Database>,
  { limit, afterKey }: { readonly limit: number; readonly afterKey?: string | undefined },
): Promise<AudienceRow[]> =>
  newest(db)
    .$if(afterKey !== undefined, (query) => query.where('a.key', '>', afterKey ?? ''))
    .orderBy('a.key')
    .limit(limit)
    .execute()

export const findAudience = (db: Kysely<Database>, key: string): Promise<AudienceRow | undefined> =>
  newest(db).where('a.key', '=', key).executeTakeFirst()

/** A version by its content. The same content published twice: the newer, which differs in nothing. */
export const findAudienceContent = (
  db: Kysely<Database>,
  { key, hash }: { readonly key: string; readonly hash: string },
): Promise<(AudienceVersion & { readonly document: Audience }) | undefined> =>
  db
    .selectFrom('audience_versions as v')
    .select([...COLUMNS, 'v.document'])
    .where('v.key', '=', key)
    .where('v.hash', '=', hash)
    .orderBy('v.version', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The newest first; `before`: those with a smaller number. */
export const listAudienceVersions = (
  db: Kysely<Database>,
  input: {
    readonly key: string
    readonly limit: number
    readonly before?: number | undefined
  },
): Promise<(AudienceVersion & { readonly document: Audience })[]> =>
  db
    .selectFrom('audience_versions as v')
    .select([...COLUMNS, 'v.document'])
    .where('v.key', '=', input.key)
    .$if(input.before !== undefined, (query) => query.where('v.version', '<', input.before ?? 0))
    .orderBy('v.version', 'desc')
    .limit(input.limit)
    .execute()

/** Stores an audience as its next version. The caller holds `lockRuleBook`, so that no two take one number. */
export async function insertAudienceVersion(
  trx: Transaction<Database>,
  {
    audience,
    version,
    hash,
    note,
    publishedAt,
    publishedBy,
  }: Omit<AudienceVersion, 'key'> & { readonly audience: Audience },
): Promise<void> {
  const { key } = audience
  const named = { title: audienceTitle(audience), latest_version: version }
  await trx
    .insertInto('audiences')
    .values({ key, ...named, created_at: publishedAt })
    .onConflict((oc) => oc.column('key').doUpdateSet(named))
    .execute()
  await trx
    .insertInto('audience_versions')
    .values({
      key,
      version,
      hash,
      document: jsonText(audience),
      note,
      published_at: publishedAt,
      published_by: publishedBy,
    })
    .execute()
}

export async function updateAudienceTitle(
  trx: Transaction<Database>,
  { key, title }: { readonly key: string; readonly title: string },
): Promise<void> {
  await trx.updateTable('audiences').set({ title }).where('key', '=', key).execute()
}
