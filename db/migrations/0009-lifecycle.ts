import { sql, type Kysely } from 'kysely'

/** Lifecycle rules that are brought to everybody, and what became of whom. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // One for each publication. Who is told stands in the log; the place of the last one stands here.
  `create table lifecycle_rollouts (
    version integer primary key,
    share double precision not null,
    per_second integer not null,
    status text not null,
    after text not null default '',
    told integer not null default 0,
    created_at timestamptz not null,
    created_by text,
    updated_at timestamptz not null
  )`,
  // Histories and flows are read off the timeline.
  `create index timeline_lifecycle on timeline_entries (customer_id, at, turn, ordinal)
    where kind = 'lifecycle'`,
]
