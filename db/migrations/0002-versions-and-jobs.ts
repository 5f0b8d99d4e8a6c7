import { sql, type Kysely } from 'kysely'

/** Closing and stopping versions, plans that move people between them, and jobs. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // closed: no new entries, runs go on. stopped: no new entries, runs end.
  `alter table journey_versions drop constraint journey_versions_status_check`,
  `alter table journey_versions add constraint journey_versions_status_check
    check (status in ('live', 'superseded', 'closed', 'stopped'))`,
  `alter table journey_versions add column ended_at timestamptz`,
  `create index journey_versions_stopped on journey_versions (key, version) where status = 'stopped'`,

  // A plan that moves the people inside one version to another. The workflow of the same id works it off.
  `create table migrations (
    migration_id text primary key,
    journey text not null references journeys,
    from_version integer not null,
    to_version integer not null,
    steps jsonb not null,
    resend boolean not null,
    share double precision not null check (share > 0 and share <= 1),
    per_second integer not null check (per_second > 0),
    status text not null check (status in ('running', 'paused', 'done', 'undoing', 'undone')),
    created_at timestamptz not null,
    created_by text,
    updated_at timestamptz not null,
    foreign key (journey, from_version) references journey_versions (key, version),
    foreign key (journey, to_version) references journey_versions (key, version)
  )`,
  `create index migrations_by_journey on migrations (journey, created_at desc)`,
  // One row per run that the plan concerns. waiting: not asked yet. asked, recalled: the command to move
  // or to come back is in the customer's log. The others are what became of it.
  `create table migration_runs (
    migration_id text not null references migrations,
    run_id text not null references runs,
    customer_id text not null references customers,
    bucket double precision not null,
    status text not null check (status in
      ('waiting', 'asked', 'moved', 'exited', 'stayed', 'refused', 'gone', 'recalled', 'undone', 'kept')),
    tries integer not null default 0,
    not_before timestamptz,
    from_step text,
    to_step text,
    reason text,
    updated_at timestamptz not null,
    primary key (migration_id, run_id)
  )`,
  // In the order in which a round takes them.
  `create index migration_runs_open on migration_runs (migration_id, status, bucket, run_id)`,
  `create index migration_runs_by_run on migration_runs (run_id)`,

  // Work that a caller asked for and that outlives the request.
  `create table jobs (
    job_id text primary key,
    kind text not null,
    input jsonb not null,
    status text not null check (status in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    progress jsonb,
    -- As text: the same report is the same bytes.
    report json,
    error text,
    created_at timestamptz not null,
    created_by text,
    handed_over_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz
  )`,
  `create index jobs_by_created on jobs (created_at desc, job_id desc)`,
  // The engine has not heard of these.
  `create index jobs_to_hand_over on jobs (created_at)
    where status = 'waiting' and handed_over_at is null`,
]
