import { sql, type Kysely } from 'kysely'
import type { JsonValue } from '../domain/json.ts'
import type { Database } from './schema.ts'

/** How long an answer is kept, and how long a request may run before its claim counts as lost. */
const KEPT = sql`interval '24 hours'`
const LOST_AFTER = sql`interval '2 minutes'`

export interface ClaimId {
  readonly keyId: string
  readonly idempotencyKey: string
}

export interface Claim {
  readonly requestHash: string
  /** Null while the first request runs. */
  readonly status: number | null
  readonly body: JsonValue
}

/**
 * Claims an idempotency key for one request. True for exactly one of those that come at once; also
 * when the answer kept for it is older than 24 h, or its first request died without one.
 */
export async function claimIdempotencyKey(
  db: Kysely<Database>,
  { keyId, idempotencyKey, requestHash }: ClaimId & { requestHash: string },
): Promise<boolean> {
  const row = await db
    .insertInto('idempotency_keys')
    .values({ key_id: keyId, idempotency_key: idempotencyKey, request_hash: requestHash })
    .onConflict((oc) =>
      oc
        .columns(['key_id', 'idempotency_key'])
        .doUpdateSet((eb) => ({
          request_hash: eb.ref('excluded.request_hash'),
          status: null,
          body: null,
          created_at: sql<Date>`now()`,
        }))
        .where(
          sql<boolean>`idempotency_keys.created_at < now() - ${KEPT}
            or (idempotency_keys.status is null
              and idempotency_keys.created_at < now() - ${LOST_AFTER})`,
        ),
    )
    .returning('key_id')
    .executeTakeFirst()
  return row !== undefined
}

/** What is known of a claimed key; undefined when it was given back. */
export async function findClaim(db: Kysely<Database>, id: ClaimId): Promise<Claim | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .select(['request_hash as requestHash', 'status', 'body'])
    .where('key_id', '=', id.keyId)
    .where('idempotency_key', '=', id.idempotencyKey)
    .executeTakeFirst()
}

/** Keeps the answer of the request that holds the claim. */
export async function markClaimAnswered(
  db: Kysely<Database>,
  id: ClaimId,
  answer: { status: number; body: JsonValue },
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status: answer.status, body: JSON.stringify(answer.body) })
    .where('key_id', '=', id.keyId)
    .where('idempotency_key', '=', id.idempotencyKey)
    .execute()
}

/** Gives a claim back, so that the request can be tried again. */
export async function deleteClaim(db: Kysely<Database>, id: ClaimId): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('key_id', '=', id.keyId)
    .where('idempotency_key', '=', id.idempotencyKey)
    .execute()
}

/** Drops answers older than 24 h. */
export async function deleteOldClaims(db: Kysely<Database>): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where(sql<boolean>`created_at < now() - ${KEPT}`)
    .execute()
}
