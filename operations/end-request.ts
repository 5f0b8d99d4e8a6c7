import type { Transaction } from 'kysely'
import { settleRequest, type ConsentRequestRow } from '../db/consent-requests.ts'
import type { Database } from '../db/schema.ts'
import { CONSENT_REQUEST_ENDED } from '../domain/customers/double-opt-in.ts'
import { appendEvent, type LockedCustomer } from './append-command.ts'

/** Ends a request that waits to be confirmed, and tells the journey that asks for it. */
export async function endRequest(
  trx: Transaction<Database>,
  customer: LockedCustomer,
  { requestId, purpose, channel }: ConsentRequestRow,
  { status, atMs }: { readonly status: 'withdrawn' | 'superseded'; readonly atMs: number },
): Promise<void> {
  await settleRequest(trx, requestId, { status, at: new Date(atMs) })
  await appendEvent(trx, customer, {
    name: CONSENT_REQUEST_ENDED,
    messageId: `consent-request-ended:${requestId}`,
    properties: { requestId, purpose, channel, reason: status },
    atMs,
  })
}
