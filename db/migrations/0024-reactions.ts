import { sql, type Kysely } from 'kysely'

/** What came back of each delivery, and by which ways of its journey it went out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // When the first of each kind came. The events are in the log.
  `alter table deliveries
    add column bounced_at timestamptz,
    add column complained_at timestamptz,
    add column unsubscribed_at timestamptz,
    add column opened_at timestamptz,
    add column machine_opened_at timestamptz,
    add column clicked_at timestamptz,
    add column followed boolean not null default false,
    add column variants text[]`,
]
