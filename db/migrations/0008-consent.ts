import { sql, type Kysely } from 'kysely'

/** Which wording a consent is of, what shows it, and consents that are asked for and not yet given. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // Never changed and never deleted: what people agreed to can be shown years later.
  `create table consent_texts (
    version text primary key,
    locale text not null,
    wording text not null,
    hash text not null,
    published_at timestamptz not null,
    published_by text
  )`,

  // A proof of several members. One of a few words stays in the column proof, which releases before this one write.
  `alter table consents add column evidence jsonb`,
  `alter table consents add column text_version text references consent_texts`,
  `alter table consent_history add column evidence jsonb`,
  `alter table consent_history add column text_version text references consent_texts`,
  // What tells an imported row from another, so that it is imported once.
  `alter table consent_history add column import_key text`,
  `create unique index consent_history_imported on consent_history (import_key) where import_key is not null`,
  `create index consent_history_of_customer on consent_history (customer_id, at desc, history_id desc)`,

  `create table consent_requests (
    request_id text primary key,
    customer_id text not null references customers,
    purpose text not null,
    channel text not null,
    text_version text not null references consent_texts,
    address text not null,
    source text not null,
    proof jsonb,
    status text not null default 'pending',
    requested_at timestamptz not null,
    expires_at timestamptz not null,
    settled_at timestamptz
  )`,
  `create unique index consent_requests_pending on consent_requests (customer_id, purpose, channel)
    where status = 'pending'`,
  `create index consent_requests_of_customer on consent_requests (customer_id, requested_at)`,
]
