import { sql, type Kysely } from 'kysely'

/** Proposals to the call centre, and what advertising platforms were given. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table agent_tasks (
    task_id text primary key,
    customer_id text not null,
    test boolean not null,
    journey text not null,
    version integer not null,
    step text not null,
    message text not null,
    class text not null,
    title text not null,
    text text not null,
    reason text not null,
    priority double precision not null,
    status text not null check (status in ('open', 'accepted', 'declined', 'expired', 'done')),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    offered_to text,
    offered_until timestamptz,
    decided_at timestamptz,
    decided_by text,
    decision_reason text,
    note text
  )`,
  `create index agent_tasks_by_customer on agent_tasks (customer_id, created_at desc, task_id desc)`,
  `create index agent_tasks_by_time on agent_tasks (created_at desc, task_id desc)`,
  `create index agent_tasks_open on agent_tasks (expires_at, task_id) where status = 'open'`,
  // Their clocks may be moved, so that no order by time is theirs.
  `create index agent_tasks_open_tests on agent_tasks (task_id) where status = 'open' and test`,
  // What advertising platforms were given of whom, so that they can be told to forget it.
  `create table audience_uploads (
    upload_id text primary key,
    customer_id text,
    url text not null,
    list text not null,
    platform text not null,
    class text not null,
    identifiers jsonb not null,
    added_at timestamptz not null,
    status text not null check (status in ('added', 'removing')),
    due_at timestamptz,
    attempts integer not null default 0,
    problem text
  )`,
  `create index audience_uploads_by_customer on audience_uploads (customer_id)`,
  `create index audience_uploads_due on audience_uploads (due_at) where status = 'removing'`,
]
