import type { Kysely } from 'kysely'
import type { Database } from '../../db/schema.ts'
import type { Journey } from '../../domain/journeys/journey.ts'

/** A journey live in its first version, of hash `h`, without a publication. */
export async function insertLive(
  db: Kysely<Database>,
  journey: Journey,
  atMs: number,
): Promise<void> {
  const at = new Date(atMs)
  await db
    .insertInto('journeys')
    .values({ key: journey.key, title: 'W', latest_version: 1, created_at: at })
    .execute()
  await db
    .insertInto('journey_versions')
    .values({
      key: journey.key,
      version: 1,
      hash: 'h',
      definition: JSON.stringify(journey),
      status: 'live',
      published_at: at,
      note: null,
      published_by: null,
    })
    .execute()
}
