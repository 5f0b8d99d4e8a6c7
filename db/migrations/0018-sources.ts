import { sql, type Kysely } from 'kysely'

/** Where events come from, and how many came from where. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table events add column source text, add column channel text`,
  // By the day (UTC) on which they were received. Each process counts in a slot of its own, so that they
  // do not wait for each other's rows.
  `create table touchpoint_counts (
    day date not null,
    source text not null,
    channel text not null,
    event text not null,
    slot smallint not null,
    count bigint not null,
    last_seen_at timestamptz not null,
    primary key (day, source, channel, event, slot)
  )`,
  // channel '': of all channels of the source that have no row of their own.
  `create table touchpoints (
    source text not null,
    channel text not null,
    title text,
    owner text,
    expected_every text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    updated_by text,
    primary key (source, channel)
  )`,
]
