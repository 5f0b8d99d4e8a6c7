import type { Kysely } from 'kysely'
import type { Finding } from '../domain/errors.ts'
import type { JsonValue } from '../domain/json.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** An event that was refused inside a good batch, as it came. */
export interface QuarantinedEvent {
  readonly quarantineId: string
  readonly keyId: string | null
  readonly body: JsonValue
  readonly findings: readonly Finding[]
}

/** Keeps refused events with what is wrong with them. */
export async function insertQuarantined(
  db: Kysely<Database>,
  events: readonly (QuarantinedEvent & { receivedAtMs: number })[],
): Promise<void> {
  if (events.length === 0) return
  await db
    .insertInto('quarantine')
    .values(
      events.map((event) => ({
        quarantine_id: event.quarantineId,
        received_at: new Date(event.receivedAtMs),
        key_id: event.keyId,
        body: jsonText(event.body),
        findings: jsonText(event.findings),
      })),
    )
    .execute()
}

/** One entry and how it stands; undefined when there is none of that id. */
export async function findQuarantined(
  db: Kysely<Database>,
  quarantineId: string,
): Promise<(QuarantinedEvent & { status: string }) | undefined> {
  return db
    .selectFrom('quarantine')
    .select(['quarantine_id as quarantineId', 'key_id as keyId', 'body', 'findings', 'status'])
    .where('quarantine_id', '=', quarantineId)
    .executeTakeFirst()
}

/** Notes that an entry was accepted after all. False when it had been resolved before. */
export async function markQuarantineResolved(
  db: Kysely<Database>,
  { quarantineId, atMs }: { quarantineId: string; atMs: number },
): Promise<boolean> {
  const row = await db
    .updateTable('quarantine')
    .set({ status: 'resolved', resolved_at: new Date(atMs) })
    .where('quarantine_id', '=', quarantineId)
    .where('status', '=', 'open')
    .returning('quarantine_id')
    .executeTakeFirst()
  return row !== undefined
}
