import { sql, type Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** What is counted by the day, for reports of the last days. All of their keys begin with the day. */
const COUNTED = ['plan_counts', 'touchpoint_counts', 'feedback_counts'] as const

/** Deletes counts of days (UTC) before this one. Cost: these, by key. */
export async function deletePastCounts(db: Kysely<Database>, before: Date): Promise<void> {
  for (const table of COUNTED)
    await sql`delete from ${sql.table(table)}
      where day < (${before}::timestamptz at time zone 'UTC')::date`.execute(db)
}
