import { sql, type Kysely } from 'kysely'

/** Looks at the quality of data that somebody answers for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table quality_checkpoints (
    checkpoint_id text primary key,
    owner text not null,
    scheduled boolean not null,
    opened_at timestamptz not null,
    since timestamptz,
    findings jsonb not null,
    signed_off_at timestamptz,
    signed_off_by text,
    note text
  )`,
  `create index quality_checkpoints_by_time on quality_checkpoints (opened_at desc, checkpoint_id desc)`,
  `create table quality_work (
    work_id bigint generated always as identity primary key,
    checkpoint_id text not null references quality_checkpoints,
    problem text not null,
    trait text not null,
    minutes integer not null,
    note text,
    done_at timestamptz not null,
    done_by text
  )`,
  `create index quality_work_by_checkpoint on quality_work (checkpoint_id, work_id)`,
  `create table quality_schedule (
    singleton boolean primary key default true check (singleton),
    owner text not null,
    every text not null,
    next_at timestamptz not null
  )`,
]
