import { sql, type Kysely } from 'kysely'

/** Erasures, and what keeps a person who was erased from coming back. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Holds nothing about the person: which ids the customer had is known while it runs, and forgotten then.
  `create table erasures (
    erasure_id text primary key,
    subject text not null unique,
    customer_ids text[] not null,
    status text not null check (status in ('running', 'done')),
    receipt jsonb not null,
    created_at timestamptz not null,
    created_by text,
    completed_at timestamptz,
    -- Until then one process works on it.
    worked_until timestamptz
  )`,
  `create index erasures_running on erasures (created_at) where status = 'running'`,
  // A keyed hash of each id that the person was known by. The key is not in this database.
  `create table tombstones (
    hash text primary key,
    kind text not null,
    erasure_id text not null references erasures,
    created_at timestamptz not null default now()
  )`,
  `create table dropped_events (
    day date primary key,
    count bigint not null
  )`,
]
