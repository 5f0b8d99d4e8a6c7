import { sql, type Kysely } from 'kysely'
import type { Journey, Lane } from '../domain/journeys/journey.ts'
import type { Database, VersionStatus } from './schema.ts'

/** Versions shown of one journey, the newest first. */
const VERSIONS_MAX = 200
/** Steps of versions with somebody on them, of one page of journeys. */
const STEPS_MAX = 10_000
/** Conditions of one version that are shown with their failures. */
const FAILURES_MAX = 200

export interface JourneyPageRow {
  readonly key: string
  readonly title: string
  readonly latestVersion: number
  readonly createdAt: Date
}

export interface VersionRow {
  readonly key: string
  readonly version: number
  readonly hash: string
  /** Its customers are on it beside another journey, where it is `service`. */
  readonly lane: Lane
  readonly note: string | null
  readonly status: VersionStatus
  readonly publishedAt: Date
  readonly publishedBy: string | null
  /** When it was closed or stopped. */
  readonly endedAt: Date | null
}

/**
 * How many customers stand on a step now: `active` are those who are on their way, `paused` those
 * whom another journey has taken over. Test customers are left out.
 */
export interface HeadCountRow {
  readonly key: string
  readonly version: number
  readonly step: string
  readonly active: number
  readonly paused: number
}

const VERSION_COLUMNS = [
  'key',
  'version',
  'hash',
  'note',
  'status',
  'published_at as publishedAt',
  'published_by as publishedBy',
  'ended_at as endedAt',
] as const

const LANE = sql<Lane>`coalesce(definition->>'lane', 'foreground')`.as('lane')

/** At most `limit` journeys by key, after `afterKey`. */
export async function listJourneys(
  db: Kysely<Database>,
  { limit, afterKey }: { limit: number; afterKey: string | undefined },
): Promise<JourneyPageRow[]> {
  return selectJourneys(db)
    .$if(afterKey !== undefined, (query) => query.where('key', '>', afterKey ?? ''))
    .orderBy('key')
    .limit(limit)
    .execute()
}

/** One journey. */
export async function findJourney(
  db: Kysely<Database>,
  key: string,
): Promise<JourneyPageRow | undefined> {
  return selectJourneys(db).where('key', '=', key).executeTakeFirst()
}

/** The newest 200 versions of a journey, newest first. */
export async function listVersions(db: Kysely<Database>, key: string): Promise<VersionRow[]> {
  return db
    .selectFrom('journey_versions')
    .select([...VERSION_COLUMNS, LANE])
    .where('key', '=', key)
    .orderBy('version', 'desc')
    .limit(VERSIONS_MAX)
    .execute()
}

/** The version in force of each journey. */
export async function listLiveVersions(
  db: Kysely<Database>,
  keys: readonly string[],
): Promise<VersionRow[]> {
  if (keys.length === 0) return []
  return db
    .selectFrom('journey_versions')
    .select([...VERSION_COLUMNS, LANE])
    .where('key', 'in', keys)
    .where('status', '=', 'live')
    .orderBy('key')
    .limit(keys.length)
    .execute()
}

/** One version with its definition. */
export async function findVersion(
  db: Kysely<Database>,
  { key, version }: { key: string; version: number },
): Promise<(VersionRow & { definition: Journey }) | undefined> {
  return db
    .selectFrom('journey_versions')
    .select([...VERSION_COLUMNS, LANE, 'definition'])
    .where('key', '=', key)
    .where('version', '=', version)
    .executeTakeFirst()
}

/** A condition that failed on customers' data, where it was taken as false. */
export interface ConditionFailureRow {
  /** JSON pointer into the definition. */
  readonly path: string
  readonly count: number
  readonly lastMessage: string
  readonly lastAt: Date
}

/** The conditions of a version that failed on customers' data, the most frequent first. */
export async function listConditionFailures(
  db: Kysely<Database>,
  { key, version }: { key: string; version: number },
): Promise<ConditionFailureRow[]> {
  return db
    .selectFrom('condition_failures')
    .select(['path', 'count', 'last_message as lastMessage', 'last_at as lastAt'])
    .where('journey', '=', key)
    .where('version', '=', version)
    .orderBy('count', 'desc')
    .orderBy('path')
    .limit(FAILURES_MAX)
    .execute()
}

/** Who stands where now, for every version that still has somebody. */
export async function listHeadCounts(
  db: Kysely<Database>,
  keys: readonly string[],
): Promise<HeadCountRow[]> {
  if (keys.length === 0) return []
  return db
    .selectFrom('runs')
    .innerJoin('customers', 'customers.customer_id', 'runs.customer_id')
    .select(['runs.journey as key', 'runs.version', 'runs.step'])
    .select((eb) => [
      eb.fn.countAll<number>().filterWhere('runs.status', '<>', 'paused').as('active'),
      eb.fn.countAll<number>().filterWhere('runs.status', '=', 'paused').as('paused'),
    ])
    .where('runs.journey', 'in', keys)
    .where('runs.status', '<>', 'ended')
    .where('customers.test', '=', false)
    .groupBy(['runs.journey', 'runs.version', 'runs.step'])
    .orderBy('runs.journey')
    .orderBy('runs.version', 'desc')
    .orderBy('runs.step')
    .limit(STEPS_MAX)
    .execute()
}

const selectJourneys = (db: Kysely<Database>) =>
  db
    .selectFrom('journeys')
    .select(['key', 'title', 'latest_version as latestVersion', 'created_at as createdAt'])
