import { sql, type Kysely } from 'kysely'

/**
 * Looks at watched audiences remember by a hash what they judged by, and not the condition alone. Of those
 * before it is not known: the first look after this tells nobody.
 *
 * `condition` and `looks_for` are left to the release before; nothing reads them any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table audience_watches add column judged_by text`,
  `alter table audience_watches add column looks_by text`,
]
