import type { Kysely, Transaction } from 'kysely'
import type { Journey } from '../domain/journeys/journey.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Versions that one rule book is made of. Far above what its 32 KB hold. */
const BOOK_VERSIONS_MAX = 5_000

export interface PublishedVersion {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
}

const COLUMNS = ['key', 'version', 'hash', 'note', 'published_at as publishedAt'] as const

/** The version that takes new entries. */
export async function findLiveVersion(
  db: Kysely<Database>,
  key: string,
): Promise<PublishedVersion | undefined> {
  return db
    .selectFrom('journey_versions')
    .select(COLUMNS)
    .where('key', '=', key)
    .where('status', '=', 'live')
    .executeTakeFirst()
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

function titleOf({ key, title }: Journey): string {
  return title ?? key
}

export interface VersionForBook {
  readonly journey: Journey
  readonly version: number
  readonly hash: string
  readonly live: boolean
}

/**
 * The versions whose conditions may still be judged: live ones, those with open runs, and those
 * superseded after `supersededAfter`, for which an entry may be on its way.
 */
export async function listVersionsInUse(
  db: Kysely<Database>,
  { supersededAfter }: { supersededAfter: Date },
): Promise<VersionForBook[]> {
  const rows = await db
    .selectFrom('journey_versions as v')
    .select(['v.definition', 'v.version', 'v.hash', 'v.status'])
    .where((eb) =>
      eb.or([
        eb('v.status', '=', 'live'),
        eb('v.superseded_at', '>', supersededAfter),
        eb.exists(
          eb
            .selectFrom('runs')
            .select('runs.run_id')
            .whereRef('runs.journey', '=', 'v.key')
            .whereRef('runs.version', '=', 'v.version')
            .where('runs.status', '<>', 'ended'),
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
  }))
}

/** Versions by content hash. The same content published twice: the newer. */
export async function listVersionsByHash(
  db: Kysely<Database>,
  hashes: readonly string[],
): Promise<Omit<VersionForBook, 'live'>[]> {
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
