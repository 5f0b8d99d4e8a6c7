import { sql, type Kysely } from 'kysely'

/** Devices that notifications can be sent to. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table devices (
    token text primary key,
    customer_id text not null,
    platform text,
    app text,
    last_seen_at timestamptz not null,
    removed_at timestamptz,
    reason text
  )`,
  `create index devices_by_customer on devices (customer_id)`,
]
