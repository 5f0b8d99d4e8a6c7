import { sql, type Kysely } from 'kysely'
import type { AdPlatform } from '../domain/journeys/values.ts'
import type { Database } from './schema.ts'

/** What a platform is still to be told. Without what it is known by. */
export interface WaitingChangeRow {
  readonly id: string
  readonly status: 'adding' | 'removing'
  readonly platform: AdPlatform
  readonly list: string
  readonly url: string
  /** Null: of somebody who was forgotten. */
  readonly customerId: string | null
  readonly waitsSince: Date
  readonly nextTryAt: Date
  readonly tries: number
  readonly problem: string | null
}

export interface WaitingChangeFilter {
  readonly platform?: AdPlatform | undefined
  readonly list?: string | undefined
}

/** At most `limit` changes that a platform has not confirmed, those that wait longest first. */
export async function listWaitingChanges(
  db: Kysely<Database>,
  {
    filter: { platform, list },
    limit,
    after,
  }: {
    readonly filter: WaitingChangeFilter
    readonly limit: number
    readonly after: { readonly waitsSince: Date; readonly id: string } | undefined
  },
): Promise<WaitingChangeRow[]> {
  const { rows } = await sql<WaitingChangeRow>`
    select upload_id as id, status, platform, list, url, customer_id as "customerId",
      waits_since as "waitsSince", due_at as "nextTryAt", attempts as tries, problem
    from audience_uploads
    where status <> 'added'
      and ${platform === undefined ? sql`true` : sql`platform = ${platform}`}
      and ${list === undefined ? sql`true` : sql`list = ${list}`}
      and ${
        after === undefined
          ? sql`true`
          : sql`(waits_since, upload_id) > (${after.waitsSince}::timestamptz, ${after.id})`
      }
    order by waits_since, upload_id limit ${limit}`.execute(db)
  return rows
}
