import { sql, type Kysely } from 'kysely'

/** Messages that journeys share, with their versions, and renewals: texts that changed everywhere at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table library_messages (
    key text primary key,
    title text not null,
    latest_version integer not null,
    created_at timestamptz not null
  )`,
  `create table library_message_versions (
    key text not null references library_messages,
    version integer not null,
    hash text not null,
    document jsonb not null,
    note text,
    published_at timestamptz not null,
    published_by text,
    primary key (key, version)
  )`,
  `create index library_message_versions_by_hash on library_message_versions (key, hash)`,

  `create table renewals (
    renewal_id text primary key,
    find text not null,
    replace text not null,
    note text,
    -- What was published: [{ kind, key, from, to, … }].
    published jsonb not null,
    created_at timestamptz not null,
    created_by text,
    undone_at timestamptz,
    undone_by text
  )`,
  `create index renewals_by_time on renewals (created_at desc, renewal_id desc)`,
]
