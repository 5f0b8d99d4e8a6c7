import { sql, type Kysely, type Transaction } from 'kysely'
import type { ConsentRequest, RequestStatus } from '../domain/customers/double-opt-in.ts'
import type { ConsentProof } from '../domain/customers/stricter-consent.ts'
import type { ConsentKey } from './consents.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'
import { withMerged } from './merged-customers.ts'

/** A consent that was asked for. */
export interface ConsentRequestRow extends ConsentRequest {
  readonly requestId: string
  readonly purpose: string
  readonly channel: string
  readonly textVersion: string
  readonly source: string
  readonly proof: ConsentProof | null
  readonly requestedAtMs: number
}

/** A request as its link finds it. */
export interface LinkedRequest extends ConsentRequestRow {
  /** The one who asked, or whom they were merged into. */
  readonly customerId: string
  /** What they agree to, and its language. */
  readonly wording: string
  readonly locale: string
  /** Theirs now; null where none is known. */
  readonly addressNow: string | null
  readonly clockOffsetMs: number
}

const PENDING: RequestStatus = 'pending'
const SHOWN_MAX = 50

const msOf = (column: string) =>
  sql<number>`floor(extract(epoch from ${sql.ref(column)}) * 1000)::float8`

/** Undefined where there is no such request (any more). */
export async function findLinkedRequest(
  db: Kysely<Database>,
  requestId: string,
): Promise<LinkedRequest | undefined> {
  return requests(db)
    .innerJoin('consent_texts as t', 't.version', 'r.text_version')
    .innerJoin('customers as asker', 'asker.customer_id', 'r.customer_id')
    .innerJoin('customers as c', (join) =>
      join.on('c.customer_id', '=', sql`coalesce(asker.merged_into, asker.customer_id)`),
    )
    .where('r.request_id', '=', requestId)
    .select(['c.customer_id as customerId', 'c.clock_offset_ms as clockOffsetMs'])
    .select(['t.wording', 't.locale'])
    .select(sql<string | null>`c.traits ->> 'email'`.as('addressNow'))
    .executeTakeFirst()
}

/** The one that waits to be confirmed, also where its term has ended. The caller holds the customer. */
export async function findPendingRequest(
  trx: Transaction<Database>,
  { customerId, purpose, channel }: ConsentKey,
): Promise<ConsentRequestRow | undefined> {
  return requests(trx)
    .where('r.customer_id', '=', customerId)
    .where('r.purpose', '=', purpose)
    .where('r.channel', '=', channel)
    .where('r.status', '=', PENDING)
    .executeTakeFirst()
}

/** The channels on which something waits to be confirmed for a purpose. */
export async function listPendingChannels(
  db: Kysely<Database>,
  { customerId, purpose }: Omit<ConsentKey, 'channel'>,
): Promise<string[]> {
  const rows = await db
    .selectFrom('consent_requests')
    .select('channel')
    .where('customer_id', '=', customerId)
    .where('purpose', '=', purpose)
    .where('status', '=', PENDING)
    .execute()
  return rows.map(({ channel }) => channel)
}

/** The latest ones of a customer, and of those who were merged into them. */
export async function listConsentRequests(
  db: Kysely<Database>,
  customerId: string,
): Promise<ConsentRequestRow[]> {
  return requests(db)
    .where('r.customer_id', 'in', withMerged(db, customerId))
    .orderBy('r.requested_at', 'desc')
    .orderBy('r.request_id')
    .limit(SHOWN_MAX)
    .execute()
}

export async function insertConsentRequest(
  trx: Transaction<Database>,
  customerId: string,
  request: Omit<ConsentRequestRow, 'status'>,
): Promise<void> {
  const { requestId, purpose, channel, textVersion, address, source, proof } = request
  await trx
    .insertInto('consent_requests')
    .values({
      request_id: requestId,
      customer_id: customerId,
      purpose,
      channel,
      text_version: textVersion,
      address,
      source,
      proof: proof === null ? null : jsonText(proof),
      requested_at: new Date(request.requestedAtMs),
      expires_at: new Date(request.expiresAtMs),
    })
    .execute()
}

/** Says what became of a request. False where that was said already. */
export async function settleRequest(
  trx: Transaction<Database>,
  requestId: string,
  { status, at }: { readonly status: Exclude<RequestStatus, 'pending'>; readonly at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('consent_requests')
    .set({ status, settled_at: at })
    .where('request_id', '=', requestId)
    .where('status', '=', PENDING)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

const requests = (db: Kysely<Database>) =>
  db
    .selectFrom('consent_requests as r')
    .select(['r.request_id as requestId', 'r.purpose', 'r.channel', 'r.source', 'r.proof'])
    .select(['r.text_version as textVersion', 'r.address', 'r.status'])
    .select([msOf('r.requested_at').as('requestedAtMs'), msOf('r.expires_at').as('expiresAtMs')])
