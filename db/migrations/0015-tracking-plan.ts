import { sql, type Kysely } from 'kysely'

/** How what comes in compares with the tracking plan. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // finding '': how many there were; else what was wrong with so many of them. Each process counts in a
  // slot of its own, so that they do not wait for each other's rows.
  `create table plan_counts (
    day date not null,
    kind text not null check (kind in ('event', 'trait')),
    name text not null,
    finding text not null,
    source text not null,
    slot smallint not null,
    message text,
    count bigint not null,
    refused bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    last_seq bigint,
    primary key (day, kind, name, finding, source, slot)
  )`,
]
