import { sql, type Kysely } from 'kysely'

/** A key for each customer, which the engine's payloads about them are encrypted with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Without a reference to customers: a key may outlive the row for a moment, never the other way round.
  `create table payload_keys (
    key_id text primary key,
    customer_id text not null unique,
    sealed text not null,
    created_at timestamptz not null default now()
  )`,
]
