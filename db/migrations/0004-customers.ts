import { sql, type Kysely } from 'kysely'

/** Customers who were merged or are being erased; kinds of published rules beside the first two. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Which kinds there are is known to the code that checks them.
  `alter table rule_documents drop constraint rule_documents_kind_check`,

  // The customer that this one was merged into, always one that was not itself: what led here leads there.
  `alter table customers add column merged_into text references customers`,
  `create index customers_by_survivor on customers (merged_into) where merged_into is not null`,
  // From this instant on nothing is sent, and nothing new is kept.
  `alter table customers add column erasing_at timestamptz`,
]
