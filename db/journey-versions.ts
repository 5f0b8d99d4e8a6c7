import type { Kysely, Transaction } from 'kysely'
import type { Journey } from '../domain/journeys/journey.ts'
import { jsonText } from './json-rows.ts'
import type { Database, VersionStatus } from './schema.ts'

/** Versions that one rule book is made of. Far above what its 32 KB hold. */
const BOOK_VERSIONS_MAX = 5_000

export interface VersionId {
  readonly key: string
  readonly version: number
}

export interface PublishedVersion extends VersionId {
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
}

const COLUMNS = ['key', 'version', 'hash', 'note', 'published_at as publishedAt'] as const

/** The version that takes new entries, and its definition. */
export async function findLiveVersion(
  db: Kysely<Database>,
  key: string,
): Promise<{ live: PublishedVersion; definition: Journey } | undefined> {
  const row = await db
    .selectFrom('journey_versions')
    .select([...COLUMNS, 'definition'])
    .where('key', '=', key)
    .where('status', '=', 'live')
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { definition, ...live } = row
  return { live, definition }
}

/** The newest version of a journey, whatever has become of it. */
export async function findLatestVersion(
  db: Kysely<Database>,
  key: string,
): Promise<PublishedVersion | undefined> {
  return db
    .selectFrom('journey_versions')
    .select(COLUMNS)
    .where('key', '=', key)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** What has become of a version. */
export async function findVersionStatus(
  db: Kysely<Database>,
  { key, version }: VersionId,
): Promise<VersionStatus | undefined> {
  const row = await db
    .selectFrom('journey_versions')
    .select('status')
    .where('key', '=', key)
    .where('version', '=', version)
    .executeTakeFirst()
  return row?.status
}

/** A version takes no new entries from now on. The caller holds `lockRuleBook`. */
export async function markVersionEnded(
  trx: Transaction<Database>,
  { key, version }: VersionId,
  { status, at }: { status: 'closed' | 'stopped'; at: Date },
): Promise<void> {
  await trx
    .updateTable('journey_versions')
    .set({ status, ended_at: at })
    .where('key', '=', key)
    .where('version', '=', version)
    .execute()
}

/** Gives a journey the title of this definition; answers the one before where it was another. */
export async function updateTitle(
  trx: Transaction<Database>,
  journey: Journey,
): Promise<string | undefined> {
  const { title } = await trx
    .selectFrom('journeys')
    .select('title')
    .where('key', '=', journey.key)
    .executeTakeFirstOrThrow()
  if (title === titleOf(journey)) return undefined
  await trx
    .updateTable('journeys')
    .set({ title: titleOf(journey) })
    .where('key', '=', journey.key)
    .execute()
  return title
}

/**
 * Stores a definition as its journey's next version, live from now on; the one before is
 * superseded. The caller holds `lockRuleBook`, so that no two publications take one number.
 */
export async function insertNextVersion(
  trx: Transaction<Database>,
  { journey, hash, note, at, by }: NewVersion,
): Promise<PublishedVersion> {
  const { latest_version: version } = await trx
    .insertInto('journeys')
    .values({ key: journey.key, title: titleOf(journey), latest_version: 1, created_at: at })
    .onConflict((oc) =>
      oc.column('key').doUpdateSet((eb) => ({
        title: titleOf(journey),
        latest_version: eb('journeys.latest_version', '+', 1),
      })),
    )
    .returning('latest_version')
    .executeTakeFirstOrThrow()
  await trx
    .updateTable('journey_versions')
    .set({ status: 'superseded', superseded_at: at })
    .where('key', '=', journey.key)
    .where('status', '=', 'live')
    .execute()
  return trx
    .insertInto('journey_versions')
    .values({
      key: journey.key,
      version,
      hash,
      definition: jsonText(journey),
      note,
      status: 'live',
      published_at: at,
      published_by: by,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

interface NewVersion {
  readonly journey: Journey
  readonly hash: string
  readonly note: string | null
  readonly at: Date
  readonly by: string | null
}

/** What a journey is called: its key where it has no title. */
export function titleOf({ key, title }: Journey): string {
  return title ?? key
}

export interface VersionForBook {
  readonly journey: Journey
  readonly version: number
  readonly hash: string
  readonly live: boolean
  readonly stopped: boolean
}

/**
 * The versions whose conditions may still be judged: live ones, those with open runs, those that took
 * entries until after `openAfter`, for which one may be on its way, and those that a migration moves
 * people between.
 */
export async function listVersionsInUse(
  db: Kysely<Database>,
  { openAfter }: { openAfter: Date },
): Promise<VersionForBook[]> {
  const rows = await db
    .selectFrom('journey_versions as v')
    .select(['v.definition', 'v.version', 'v.hash', 'v.status'])
    .where((eb) =>
      eb.or([
        eb('v.status', '=', 'live'),
        eb(eb.fn.coalesce('v.superseded_at', 'v.ended_at'), '>', openAfter),
        eb.exists(
          eb
            .selectFrom('runs')
            .select('runs.run_id')
            .whereRef('runs.journey', '=', 'v.key')
            .whereRef('runs.version', '=', 'v.version')
            .where('runs.status', '<>', 'ended'),
        ),
        eb.exists(
          eb
            .selectFrom('migrations as m')
            .select('m.migration_id')
            .whereRef('m.journey', '=', 'v.key')
            .where('m.status', 'in', ['running', 'paused', 'undoing'])
            .where((on) =>
              on.or([
                on('m.from_version', '=', on.ref('v.version')),
                on('m.to_version', '=', on.ref('v.version')),
              ]),
            ),
        ),
      ]),
    )
    .orderBy('v.key')
    .orderBy('v.version')
    .limit(BOOK_VERSIONS_MAX)
    .execute()
  return rows.map(({ definition, version, hash, status }) => ({
    journey: definition,
    version,
    hash,
    live: status === 'live',
    stopped: status === 'stopped',
  }))
}

/** Versions by content hash. The same content published twice: the newer, which differs in its title at most. */
export async function listVersionsByHash(
  db: Kysely<Database>,
  hashes: readonly string[],
): Promise<Omit<VersionForBook, 'live' | 'stopped'>[]> {
  if (hashes.length === 0) return []
  return db
    .selectFrom('journey_versions')
    .select(['definition as journey', 'version', 'hash'])
    .distinctOn('hash')
    .where('hash', 'in', hashes)
    .orderBy('hash')
    .orderBy('version', 'desc')
    .execute()
}
