import { sql, type Kysely } from 'kysely'

/**
 * Looks at watched audiences remember by a hash what they judged by, and not the condition alone. Of those
 * before it is not known: the first look after this tells nobody.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table audience_watches rename column condition to judged_by`,
  `alter table audience_watches rename column looks_for to looks_by`,
  `update audience_watches set judged_by = null, looks_by = null`,
]
