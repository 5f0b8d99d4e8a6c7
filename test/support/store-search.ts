import { sql, type Kysely } from 'kysely'
import type { Database } from '../../db/schema.ts'

/** Every table whose rows, as text, hold one of these words, whatever column it stands in. Reads all of it. */
export async function tablesWith(
  db: Kysely<Database>,
  words: readonly string[],
): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'public' and table_type = 'BASE TABLE' order by table_name`.execute(db)
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ hits: number }>`
      select count(*)::int as hits from ${sql.table(name)} as t
      where exists (
        select from unnest(${[...words]}::text[]) as word
        where position(lower(word) in lower(t::text)) > 0)`.execute(db)
    if ((rows[0]?.hits ?? 0) > 0) found.push(name)
  }
  return found
}
