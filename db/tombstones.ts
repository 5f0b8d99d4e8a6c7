import { createHmac } from 'node:crypto'
import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** An id that a person was known by. `kind` is that of an identity, or `customer` for our own id. */
export interface ErasedName {
  readonly kind: string
  readonly value: string
}

/** Whatever else the secret comes to sign must not pass for a tombstone. */
const SIGNED_AS = 'tombstone:'

/** What is kept of an id: who does not know the secret can neither read it nor try ids out on it. */
export const tombstoneOf = (secret: string, { kind, value }: ErasedName): string =>
  createHmac('sha256', secret).update(`${SIGNED_AS}${kind}:${value}`).digest('base64url')

/** Has nobody come back under these names. Those that are there already stay as they are. */
export async function insertTombstones(
  trx: Transaction<Database>,
  erasureId: string,
  stones: readonly { readonly hash: string; readonly kind: string }[],
): Promise<void> {
  await sql`
    insert into tombstones (hash, kind, erasure_id)
    select r.hash, r.kind, ${erasureId} from ${jsonRows(stones, 'hash text, kind text')}
    order by r.hash on conflict do nothing`.execute(trx)
}

/** Which of these hashes are tombstones, and of which erasure. Cost: index seeks. */
export async function findTombstones(
  db: Kysely<Database>,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('tombstones')
    .select(['hash', 'erasure_id'])
    .where('hash', 'in', [...hashes])
    .execute()
  return new Map(rows.map(({ hash, erasure_id: erasureId }) => [hash, erasureId]))
}

/** Lets a name be used again. Answers whether there was a tombstone. */
export async function deleteTombstone(trx: Transaction<Database>, hash: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('tombstones')
    .where('hash', '=', hash)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Counts events that came for somebody who was erased, and were dropped. */
export async function countDropped(
  trx: Transaction<Database>,
  count: number,
  at: Date,
): Promise<void> {
  await sql`
    insert into dropped_events as d (day, count) values ((${at}::timestamptz at time zone 'UTC')::date, ${count})
    on conflict (day) do update set count = d.count + excluded.count`.execute(trx)
}

/** Events dropped on each of the newest days, UTC. */
export async function listDropped(
  db: Kysely<Database>,
  days: number,
): Promise<{ day: string; count: number }[]> {
  const { rows } = await sql<{ day: string; count: number }>`
    select day::text, count from dropped_events order by day desc limit ${days}`.execute(db)
  return rows
}
