import { sql, type Kysely } from 'kysely'

/** What providers tell of text messages and notifications after they took them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = ['alter table deliveries add column delivered_at timestamptz']
