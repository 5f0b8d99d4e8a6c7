import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** The ids under which rows of a customer stand: their own, and of those who were merged into them. */
export const withMerged = (db: Kysely<Database>, customerId: string) =>
  db
    .selectFrom('customers as one')
    .select('one.customer_id')
    .where((is) =>
      is.or([is('one.customer_id', '=', customerId), is('one.merged_into', '=', customerId)]),
    )
