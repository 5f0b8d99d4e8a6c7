import { sql, type Kysely, type Transaction } from 'kysely'
import type { Audience } from '../domain/audiences/audience.ts'
import type { Database } from './schema.ts'

/** How far the look at an audience is of which everybody who comes or goes is told. */
export interface AudienceWatch {
  readonly audience: string
  /** Hash of all that memberships were judged by at the last whole look. Null: there was none yet. */
  readonly judgedBy: string | null
  /** The same of the look under way; null where none ever began. */
  readonly looksBy: string | null
  /** Nobody is told by the look under way. */
  readonly silent: boolean
  /** The last customer that it looked at, in the order of ids. */
  readonly after: string
  readonly looked: number
  /** On whose data the condition failed. */
  readonly failed: number
  readonly joined: number
  readonly departed: number
  /** When the last whole one ended. */
  readonly endedAt: Date | null
}

const COLUMNS = [
  'audience',
  'judged_by as judgedBy',
  'looks_by as looksBy',
  'silent',
  'after',
  'looked',
  'failed',
  'joined',
  'departed',
  'ended_at as endedAt',
] as const

/** Held against other writers until `trx` ends; made where there is none yet. */
export async function lockWatch(
  trx: Transaction<Database>,
  audience: string,
): Promise<AudienceWatch> {
  await trx
    .insertInto('audience_watches')
    .values({ audience })
    .onConflict((oc) => oc.doNothing())
    .execute()
  return trx
    .selectFrom('audience_watches')
    .select(COLUMNS)
    .where('audience', '=', audience)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

export async function updateWatch(
  trx: Transaction<Database>,
  { audience, judgedBy, looksBy, endedAt, ...counted }: AudienceWatch,
): Promise<void> {
  await trx
    .updateTable('audience_watches')
    .set({ ...counted, judged_by: judgedBy, looks_by: looksBy, ended_at: endedAt })
    .where('audience', '=', audience)
    .execute()
}

/** Forgets who belongs to an audience that is not watched any more. */
export async function endWatch(trx: Transaction<Database>, audience: string): Promise<void> {
  await trx.deleteFrom('audience_memberships').where('audience', '=', audience).execute()
  await trx.deleteFrom('audience_watches').where('audience', '=', audience).execute()
}

/** The last look, and how many belong to the audience; undefined for one that nobody looked at. */
export async function findWatch(
  db: Kysely<Database>,
  audience: string,
): Promise<(AudienceWatch & { readonly members: number }) | undefined> {
  return db
    .selectFrom('audience_watches')
    .select(COLUMNS)
    .select(
      sql<number>`(select count(*)::int from audience_memberships m
        where m.audience = audience_watches.audience)`.as('members'),
    )
    .where('audience', '=', audience)
    .executeTakeFirst()
}

/** Customers who belong to the audience by the last look, behind `after` and up to `through`; null: all the others. */
export async function listMembers(
  trx: Transaction<Database>,
  part: { readonly audience: string; readonly after: string; readonly through: string | null },
): Promise<string[]> {
  const { audience, after, through } = part
  const rows = await trx
    .selectFrom('audience_memberships')
    .select('customer_id')
    .where('audience', '=', audience)
    .where('customer_id', '>', after)
    .$if(through !== null, (query) => query.where('customer_id', '<=', through ?? ''))
    .execute()
  return rows.map((row) => row.customer_id)
}

export async function changeMembers(
  trx: Transaction<Database>,
  change: {
    readonly audience: string
    readonly joined: readonly string[]
    readonly departed: readonly string[]
    readonly at: Date
  },
): Promise<void> {
  const { audience, joined, departed, at } = change
  if (joined.length > 0)
    await sql`insert into audience_memberships (audience, customer_id, since)
      select ${audience}, id, ${at} from unnest(${[...joined]}::text[]) as ids(id)`.execute(trx)
  if (departed.length > 0)
    await sql`delete from audience_memberships
      where audience = ${audience} and customer_id = any(${[...departed]}::text[])`.execute(trx)
}

/** Watched audiences that a customer belongs to, by key. */
export const listMemberships = (
  db: Kysely<Database>,
  customerId: string,
): Promise<{ audience: string; title: string; since: Date }[]> =>
  db
    .selectFrom('audience_memberships as m')
    .innerJoin('audiences as a', 'a.key', 'm.audience')
    .select(['m.audience', 'a.title', 'm.since'])
    .where('m.customer_id', '=', customerId)
    .orderBy('m.audience')
    .execute()

/** Whoever belonged to an audience goes on belonging to it as the other, since the earlier of both. */
export async function takeOverMemberships(
  trx: Transaction<Database>,
  { loser, winner }: { readonly loser: string; readonly winner: string },
): Promise<void> {
  await sql`insert into audience_memberships as m (audience, customer_id, since)
    select audience, ${winner}, since from audience_memberships where customer_id = ${loser}
    on conflict (audience, customer_id) do update set since = least(m.since, excluded.since)`.execute(
    trx,
  )
  await sql`delete from audience_memberships where customer_id = ${loser}`.execute(trx)
}

/** Audiences that are watched in their latest version. */
export async function listWatched(
  db: Kysely<Database>,
): Promise<Required<Pick<Audience, 'key' | 'watch'>>[]> {
  const { rows } = await sql<Required<Pick<Audience, 'key' | 'watch'>>>`
    select v.key, v.document ->> 'watch' as watch from audiences a
    join audience_versions v on v.key = a.key and v.version = a.latest_version
    where v.document ->> 'watch' is not null order by v.key`.execute(db)
  return rows
}

/** Whether any audience was ever to be watched. */
export async function wasEverWatched(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('audience_versions')
    .select('key')
    .where(sql<boolean>`document ->> 'watch' is not null`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
