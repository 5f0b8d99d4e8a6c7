import { sql, type Kysely } from 'kysely'

/** Messages that wait for their customer to visit a page. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const OPEN = 'clicked_at is null and dismissed_at is null and expired_at is null'

const STATEMENTS = [
  // All instants are on the customer's clock.
  `create table onsite_messages (
    message_id text primary key default gen_random_uuid()::text,
    delivery_id text not null unique,
    customer_id text not null references customers,
    content jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    viewed_at timestamptz,
    clicked_at timestamptz,
    dismissed_at timestamptz,
    expired_at timestamptz
  )`,
  `create index onsite_messages_open on onsite_messages (customer_id, created_at) where ${OPEN}`,
  `create index onsite_messages_due on onsite_messages (expires_at) where ${OPEN}`,
  // What is due to them is not told by an index over instants.
  `create index customers_ahead on customers (customer_id) where clock_offset_ms > 0`,
]
