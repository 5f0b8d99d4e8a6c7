import { sql, type Kysely } from 'kysely'

/** Rounds in which what was kept for long enough is deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table retention_runs (
    run_id text primary key,
    status text not null,
    version integer,
    asked_at timestamptz not null,
    asked_by text,
    started_at timestamptz,
    ended_at timestamptz,
    position jsonb not null,
    looked bigint not null default 0,
    deleted jsonb not null,
    held_back jsonb not null default '[]'
  )`,
  `create index retention_runs_by_time on retention_runs (asked_at desc, run_id desc)`,
  // One at a time: they would walk over the same rows.
  `create unique index retention_runs_open on retention_runs ((true))
    where status in ('asked', 'running')`,
]
