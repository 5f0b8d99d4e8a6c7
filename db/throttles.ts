import type { Kysely } from 'kysely'
import type { ChannelName } from '../domain/journeys/values.ts'
import type { Database } from './schema.ts'

/** How many a second the engine lets a channel have. */
export interface ThrottleRow {
  readonly channel: ChannelName
  /** Null: as many as there are. */
  readonly perSecond: number | null
  /** Why the engine does not do it; null where it does. */
  readonly problem: string | null
  readonly updatedAt: Date
}

/** Of channels that are, or were, throttled. */
export async function listThrottles(db: Kysely<Database>): Promise<ThrottleRow[]> {
  return db
    .selectFrom('throttles')
    .select(['channel', 'per_second as perSecond', 'problem', 'updated_at as updatedAt'])
    .orderBy('channel')
    .execute()
}

/** Notes what the engine was told, and what it said to that. */
export async function upsertThrottle(db: Kysely<Database>, row: ThrottleRow): Promise<void> {
  const told = { per_second: row.perSecond, problem: row.problem, updated_at: row.updatedAt }
  await db
    .insertInto('throttles')
    .values({ channel: row.channel, ...told })
    .onConflict((oc) => oc.column('channel').doUpdateSet(told))
    .execute()
}
