import { sql, type Kysely } from 'kysely'
import type { Audience } from '../domain/audiences/audience.ts'
import { keyedDocuments, type DocumentRow } from './keyed-documents.ts'
import type { Database } from './schema.ts'

export const AUDIENCES = keyedDocuments<Audience>({
  documents: 'audiences',
  versions: 'audience_versions',
})

export type AudienceRow = DocumentRow<Audience>

/** All that somebody may be reckoned by: the latest versions, and those that live journeys stay with. */
export async function listAudiencesInUse(db: Kysely<Database>): Promise<Audience[]> {
  const { rows } = await sql<{ document: Audience }>`
    select v.document from audience_versions v join audiences a on a.key = v.key
    where v.version = a.latest_version or (v.key, v.hash) in (
      select j.definition #>> '{entry,audience,key}', j.definition #>> '{entry,audience,hash}'
      from journey_versions j where j.status = 'live')
    order by v.key, v.version`.execute(db)
  return rows.map(({ document }) => document)
}
