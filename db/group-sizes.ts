import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** How many customers are in each group of the contact policy; null: in none. Test customers are left out. */
export async function countByGroup(
  db: Kysely<Database>,
): Promise<ReadonlyMap<string | null, number>> {
  const rows = await db
    .selectFrom('customers')
    .select(({ fn }) => ['contact_group as group', fn.countAll<string>().as('customers')])
    .where('test', '=', false)
    .where('merged_into', 'is', null)
    .groupBy('contact_group')
    .execute()
  return new Map(rows.map(({ group, customers }) => [group, Number(customers)]))
}
