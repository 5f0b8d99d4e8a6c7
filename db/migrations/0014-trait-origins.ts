import { sql, type Kysely } from 'kysely'

/** Where each trait of a customer comes from, and when that was. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Trait → { atMs, source, behind? }, removals too. A trait that is not there is older than all that is.
  `alter table customers add column trait_origins jsonb not null default '{}'`,
]
