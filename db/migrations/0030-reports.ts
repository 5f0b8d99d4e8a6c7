import { sql, type Kysely } from 'kysely'

/** What providers tell of text messages and notifications after they took them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table deliveries add column delivered_at timestamptz',

  // Of notifications that a provider took: what it gave for each, and when to ask what became of it.
  `create table push_tickets (
    ticket_id text primary key,
    delivery_id text not null,
    customer_id text not null,
    token text not null,
    sent_at timestamptz not null default now(),
    due_at timestamptz not null,
    attempts integer not null default 0
  )`,
  'create index push_tickets_due on push_tickets (due_at)',
  'create index push_tickets_by_customer on push_tickets (customer_id)',
]
