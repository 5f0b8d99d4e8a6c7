import { sql, type Kysely } from 'kysely'

/** What came back of mails: how much of it, and signatures that were used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table feedback_counts (
    day date not null,
    source text not null,
    kind text not null,
    verdict text not null,
    count bigint not null,
    primary key (day, source, kind, verdict)
  )`,
  // Of a signature that does not cover its body: the one body that it was used for.
  `create table feedback_tokens (
    provider text not null,
    token text not null,
    body_hash text not null,
    at timestamptz not null,
    primary key (provider, token)
  )`,
  'create index feedback_tokens_at on feedback_tokens (at)',
]
