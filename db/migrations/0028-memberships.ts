import { sql, type Kysely } from 'kysely'

/** Who belongs to the audiences that are watched, and how far the last look at each is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table audience_memberships (
    audience text not null references audiences,
    customer_id text not null,
    since timestamptz not null,
    primary key (audience, customer_id)
  )`,
  `create index audience_memberships_by_customer on audience_memberships (customer_id)`,

  `create table audience_watches (
    audience text primary key references audiences,
    -- By which all memberships were judged. Null: there was no whole look yet.
    condition text,
    -- Of the look under way.
    looks_for text,
    silent boolean not null default false,
    after text not null default '',
    looked integer not null default 0,
    failed integer not null default 0,
    joined integer not null default 0,
    departed integer not null default 0,
    -- Of the last one that has come to its end.
    ended_at timestamptz
  )`,
]
