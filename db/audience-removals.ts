import { sql, type Kysely } from 'kysely'
import { WORKED_ON_MAX, type AudienceUpload } from './audience-uploads.ts'
import type { Database } from './schema.ts'

/** Something that a platform is to be told outside of any journey: to forget, or to know by another address. */
export interface DueChange extends Omit<AudienceUpload, 'deliveryId'> {
  readonly uploadId: string
  readonly status: 'adding' | 'removing'
  /** How often it was tried, this time included. */
  readonly attempts: number
}

/**
 * Takes changes that are due, those that wait longest first. A removal whose addition is still under way waits
 * for it: a platform that is told to forget must have been told before, or never be. An addition waits for
 * what is to be removed from the same list.
 */
export async function claimChanges(db: Kysely<Database>, limit: number): Promise<DueChange[]> {
  const { rows } = await sql<DueChange>`
    update audience_uploads set due_at = now() + ${WORKED_ON_MAX}, attempts = attempts + 1
    where upload_id in (
      select u.upload_id from audience_uploads u
      where u.status <> 'added' and u.due_at <= now()
        and not exists (select from deliveries d
          where d.delivery_id = u.upload_id and d.status = 'sending')
        and (u.status = 'removing' or not exists (select from audience_uploads r
          where r.customer_id = u.customer_id and r.url = u.url and r.list = u.list
            and r.status = 'removing'))
      order by u.due_at limit ${limit} for update skip locked)
    returning upload_id as "uploadId", url, list, platform, identifiers, status, attempts`.execute(
    db,
  )
  return rows
}

/** The platform has forgotten it, and so does the store; or it knows it. What is meant otherwise by now stays. */
export async function settleChange(
  db: Kysely<Database>,
  { uploadId, status }: Pick<DueChange, 'uploadId' | 'status'>,
): Promise<void> {
  if (status === 'removing')
    await db.deleteFrom('audience_uploads').where('upload_id', '=', uploadId).execute()
  else
    await db
      .updateTable('audience_uploads')
      .set({ status: 'added', due_at: null, waits_since: null, attempts: 0, problem: null })
      .where('upload_id', '=', uploadId)
      .where('status', '=', status)
      .execute()
}

/** It was not to be had now. */
export async function postponeChange(
  db: Kysely<Database>,
  { uploadId, status }: Pick<DueChange, 'uploadId' | 'status'>,
  { afterMs, problem }: { readonly afterMs: number; readonly problem: string },
): Promise<void> {
  await db
    .updateTable('audience_uploads')
    .set({ due_at: sql<Date>`now() + ${afterMs} * interval '1 millisecond'`, problem })
    .where('upload_id', '=', uploadId)
    .where('status', '=', status)
    .execute()
}
