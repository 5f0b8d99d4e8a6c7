import { sql, type Kysely } from 'kysely'

/** Audiences with their versions, and how those who belong to one enter a journey. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table audiences (
    key text primary key,
    title text not null,
    latest_version integer not null,
    created_at timestamptz not null
  )`,
  `create table audience_versions (
    key text not null references audiences,
    version integer not null,
    hash text not null,
    document jsonb not null,
    note text,
    published_at timestamptz not null,
    published_by text,
    primary key (key, version)
  )`,
  `create index audience_versions_by_hash on audience_versions (key, hash)`,

  `create table entry_runs (
    entry_id text primary key,
    journey text not null references journeys,
    -- Of the engine. The same firing again is the same run.
    workflow_id text not null unique,
    audience text not null references audiences,
    audience_hash text not null,
    status text not null,
    per_second integer not null,
    after text not null default '',
    looked integer not null default 0,
    matching integer not null default 0,
    failed integer not null default 0,
    entered integer not null default 0,
    begun_at timestamptz not null,
    begun_by text,
    updated_at timestamptz not null
  )`,
  `create index entry_runs_by_time on entry_runs (journey, begun_at desc, entry_id desc)`,
  // One at a time of a journey: two would enter the same customers.
  `create unique index entry_runs_open on entry_runs (journey) where status in ('running', 'paused')`,
]
