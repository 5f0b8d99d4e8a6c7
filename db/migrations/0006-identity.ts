import { sql, type Kysely } from 'kysely'

/** Which version of each kind of rules is in force, where ingest looks for it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Read with the lock on the row that ingest takes anyway.
  `alter table rule_book add column versions jsonb not null default '{}'`,
]
