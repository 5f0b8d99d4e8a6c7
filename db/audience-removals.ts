import { sql, type Kysely } from 'kysely'
import type { AudienceUpload } from './audience-uploads.ts'
import type { Database } from './schema.ts'

/** Something that a platform is to forget. */
export interface AudienceRemoval extends Omit<AudienceUpload, 'deliveryId'> {
  readonly uploadId: string
  /** How often it was tried, this time included. */
  readonly attempts: number
}

/** Whoever took a removal and died is followed after that. */
const WORKED_ON_FOR = sql`interval '2 minutes'`

/**
 * Takes removals that are due, those that wait longest first. One whose addition is still under way waits
 * for it: a platform that is told to forget must have been told before, or never be.
 */
export async function claimRemovals(
  db: Kysely<Database>,
  limit: number,
): Promise<AudienceRemoval[]> {
  const { rows } = await sql<AudienceRemoval>`
    update audience_uploads set due_at = now() + ${WORKED_ON_FOR}, attempts = attempts + 1
    where upload_id in (
      select u.upload_id from audience_uploads u
      where u.status = 'removing' and u.due_at <= now()
        and not exists (select from deliveries d
          where d.delivery_id = u.upload_id and d.status = 'sending')
      order by u.due_at limit ${limit} for update skip locked)
    returning upload_id as "uploadId", url, list, platform, identifiers, attempts`.execute(db)
  return rows
}

/** The platform has forgotten it, and so does the store. */
export async function deleteUpload(db: Kysely<Database>, uploadId: string): Promise<void> {
  await db.deleteFrom('audience_uploads').where('upload_id', '=', uploadId).execute()
}

/** It was not to be had now. */
export async function postponeRemoval(
  db: Kysely<Database>,
  uploadId: string,
  { afterMs, problem }: { readonly afterMs: number; readonly problem: string },
): Promise<void> {
  await db
    .updateTable('audience_uploads')
    .set({ due_at: sql<Date>`now() + ${afterMs} * interval '1 millisecond'`, problem })
    .where('upload_id', '=', uploadId)
    .execute()
}
