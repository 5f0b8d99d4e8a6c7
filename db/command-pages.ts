import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

/** At most `limit` rows of the command log, newest first, older than `beforeId`. */
export async function listCommands(
  db: Kysely<Database>,
  { limit, beforeId }: { limit: number; beforeId: number | undefined },
) {
  let query = db
    .selectFrom('commands')
    .select([
      'command_id as commandId',
      'key_id as keyId',
      'action',
      'target',
      'at',
      'before',
      'after',
    ])
  if (beforeId !== undefined) query = query.where('command_id', '<', beforeId)
  return query.orderBy('command_id', 'desc').limit(limit).execute()
}
