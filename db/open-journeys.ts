import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** Keys of the journeys that a customer is in, paused ones too. */
export async function listOpenJourneys(
  db: Kysely<Database>,
  customerId: string,
): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select('journey')
    .distinct()
    .where('customer_id', '=', customerId)
    .where('status', '<>', 'ended')
    .orderBy('journey')
    .execute()
  return rows.map((row) => row.journey)
}
