import { sql, type Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** At most `limit` quarantined events, newest first, older than `after`. */
export async function listQuarantine(
  db: Kysely<Database>,
  {
    status,
    limit,
    after,
  }: {
    status: string | undefined
    limit: number
    after: { receivedAt: Date; quarantineId: string } | undefined
  },
) {
  let query = db
    .selectFrom('quarantine')
    .select([
      'quarantine_id as quarantineId',
      'received_at as receivedAt',
      'key_id as keyId',
      'body',
      'findings',
      'status',
      'resolved_at as resolvedAt',
    ])
  if (status !== undefined) query = query.where('status', '=', status)
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(received_at, quarantine_id) < (${after.receivedAt}, ${after.quarantineId})`,
    )
  return query
    .orderBy('received_at', 'desc')
    .orderBy('quarantine_id', 'desc')
    .limit(limit)
    .execute()
}
