import { sql, type Kysely } from 'kysely'
import type { Journey } from '../domain/journeys/journey.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** One version of one journey. */
export interface VersionRef {
  readonly key: string
  readonly version: number
}

/** The definitions of these versions, by key. Versions are never changed nor deleted. */
export async function listPinnedVersions(
  db: Kysely<Database>,
  refs: readonly VersionRef[],
): Promise<{ journey: Journey; version: number; hash: string }[]> {
  const { rows } = await sql<{ journey: Journey; version: number; hash: string }>`
    select v.definition as journey, v.version, v.hash
    from ${jsonRows(refs, 'key text, version int')}
    join journey_versions v on v.key = r.key and v.version = r.version
    order by v.key collate "C", v.version
  `.execute(db)
  return rows
}
