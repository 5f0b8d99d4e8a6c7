import { sql, type Kysely } from 'kysely'

/** Service cases: one for each matter, wherever it was voiced. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table cases (
    case_id text primary key,
    customer_id text not null,
    status text not null,
    type text,
    severity integer not null,
    opened_at timestamptz not null,
    promised_at timestamptz,
    resolved_at timestamptz,
    closed_at timestamptz,
    last_at timestamptz not null,
    contacts integer not null,
    escalations integer not null,
    emotion text,
    level text,
    satisfaction double precision,
    sources jsonb not null,
    doubts jsonb not null default '[]'
  )`,
  `create index cases_by_customer on cases (customer_id, opened_at desc, case_id desc)`,
  `create index cases_open on cases (opened_at, case_id) where status = 'open'`,
  `create index cases_by_time on cases (opened_at desc, case_id desc)`,
  // What each event said; cases are reckoned from these rows.
  `create table case_events (
    message_id text primary key,
    case_id text not null,
    customer_id text not null,
    action text not null,
    at timestamptz not null,
    source text not null,
    ref text,
    code text,
    keys jsonb not null,
    severity integer,
    promised_at timestamptz,
    emotion text,
    level text,
    satisfaction double precision
  )`,
  `create index case_events_by_customer on case_events (customer_id)`,
  `create index case_events_by_case on case_events (case_id, at)`,
  `create index case_events_by_code on case_events (source, code) where code is not null`,
]
