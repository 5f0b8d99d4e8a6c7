import type { Kysely, Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** What people say of a source, or of one channel of it. */
export interface ToldTouchpoint {
  readonly source: string
  /** Empty: all channels that are not told of by themselves. */
  readonly channel: string
  readonly title: string | null
  readonly owner: string | null
  /** ISO 8601. */
  readonly expectedEvery: string | null
  /** When it was first told of. */
  readonly createdAt: Date
}

/** All that people have told of. */
export const listToldTouchpoints = (db: Kysely<Database>): Promise<ToldTouchpoint[]> =>
  told(db).execute()

export const findToldTouchpoint = (
  db: Kysely<Database>,
  { source, channel }: Pick<ToldTouchpoint, 'source' | 'channel'>,
): Promise<ToldTouchpoint | undefined> =>
  told(db).where('source', '=', source).where('channel', '=', channel).executeTakeFirst()

/** Puts what is told in the place of what was. */
export async function upsertToldTouchpoint(
  trx: Transaction<Database>,
  { source, channel, title, owner, expectedEvery }: Omit<ToldTouchpoint, 'createdAt'>,
  { at, by }: { readonly at: Date; readonly by: string | null },
): Promise<void> {
  const said = { title, owner, expected_every: expectedEvery, updated_at: at, updated_by: by }
  await trx
    .insertInto('touchpoints')
    .values({ source, channel, created_at: at, ...said })
    .onConflict((oc) => oc.columns(['source', 'channel']).doUpdateSet(said))
    .execute()
}

export async function deleteToldTouchpoint(
  trx: Transaction<Database>,
  { source, channel }: Pick<ToldTouchpoint, 'source' | 'channel'>,
): Promise<void> {
  await trx
    .deleteFrom('touchpoints')
    .where('source', '=', source)
    .where('channel', '=', channel)
    .execute()
}

const told = (db: Kysely<Database>) =>
  db
    .selectFrom('touchpoints')
    .select([
      'source',
      'channel',
      'title',
      'owner',
      'expected_every as expectedEvery',
      'created_at as createdAt',
    ])
