import type { Kysely } from 'kysely'
import type { Journey } from '../domain/journeys/journey.ts'
import type { Database } from './schema.ts'

/** Journeys that may be live at once: far more than one rule book holds. */
const LIVE_MAX = 5_000

export interface LiveDefinition {
  readonly journey: Journey
  readonly version: number
  readonly hash: string
}

/** Every version that takes new entries, with its definition, by key. */
export async function listLiveDefinitions(db: Kysely<Database>): Promise<LiveDefinition[]> {
  return db
    .selectFrom('journey_versions')
    .select(['definition as journey', 'version', 'hash'])
    .where('status', '=', 'live')
    .orderBy('key')
    .limit(LIVE_MAX)
    .execute()
}

/** The number of the newest version of each of these journeys; nothing for one that has none. */
export async function listLatestVersions(
  db: Kysely<Database>,
  keys: readonly string[],
): Promise<{ key: string; latestVersion: number }[]> {
  if (keys.length === 0) return []
  return db
    .selectFrom('journeys')
    .select(['key', 'latest_version as latestVersion'])
    .where('key', 'in', keys)
    .execute()
}
