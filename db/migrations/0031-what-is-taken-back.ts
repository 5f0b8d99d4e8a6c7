import { sql, type Kysely } from 'kysely'

/**
 * What platforms are told of an address that has changed, proposals that go with their run, and what else is
 * deleted by age.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table audience_uploads drop constraint audience_uploads_status_check`,
  `alter table audience_uploads add constraint audience_uploads_status_check
    check (status in ('added', 'adding', 'removing'))`,
  `drop index audience_uploads_due`,
  `create index audience_uploads_due on audience_uploads (due_at) where status <> 'added'`,
  // When it was first meant to be told: `due_at` moves with each try.
  `alter table audience_uploads add column waits_since timestamptz`,
  `update audience_uploads set waits_since = date_trunc('milliseconds', now())
    where status = 'removing'`,
  `create index audience_uploads_waiting on audience_uploads (waits_since, upload_id)
    where status <> 'added'`,
  `update retention_runs set deleted = '{"agentTasks": 0, "onsite": 0}'::jsonb || deleted`,
  `alter table agent_tasks
    add column withdraw_with_run boolean not null default false,
    add column withdrawn_for text,
    drop constraint agent_tasks_status_check,
    add constraint agent_tasks_status_check
      check (status in ('open', 'accepted', 'declined', 'expired', 'withdrawn', 'done'))`,
]
