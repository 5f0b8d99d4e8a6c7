import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

type Titles = ReadonlyMap<string, string>

/** What documents are called now, by key: a title may be newer than the version that it stands in. */
export async function findTitles(
  db: Kysely<Database>,
  keys: { readonly messages: readonly string[]; readonly journeys: readonly string[] },
): Promise<{ readonly messages: Titles; readonly journeys: Titles }> {
  const titlesIn = async (
    table: 'library_messages' | 'journeys',
    wanted: readonly string[],
  ): Promise<Titles> => {
    if (wanted.length === 0) return new Map()
    const rows = await db
      .selectFrom(table)
      .select(['key', 'title'])
      .where('key', 'in', wanted)
      .execute()
    return new Map(rows.map(({ key, title }) => [key, title]))
  }
  return {
    messages: await titlesIn('library_messages', keys.messages),
    journeys: await titlesIn('journeys', keys.journeys),
  }
}
