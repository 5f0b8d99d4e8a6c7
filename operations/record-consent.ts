import type { Transaction } from 'kysely'
import { isAboutUploads, releaseUploads } from '../db/audience-uploads.ts'
import { findPendingRequest } from '../db/consent-requests.ts'
import { appendConsentHistory, findConsent, upsertConsent } from '../db/consents.ts'
import type { Database } from '../db/schema.ts'
import { laterConsent, type ConsentStatement } from '../domain/customers/stricter-consent.ts'
import { appendCommand, type LockedCustomer } from './append-command.ts'
import { endRequest } from './end-request.ts'

/** A statement about one purpose on one channel. */
export interface SaidConsent extends Omit<ConsentStatement, 'atMs'> {
  readonly purpose: string
  readonly channel: string
  /** Absent: said just now, after all that is on record, whatever other processes' clocks say. */
  readonly atMs?: number
}

export interface RecordedConsent {
  /** Undefined where nothing was on record before. */
  readonly before: ConsentStatement | undefined
  readonly inForce: ConsentStatement
  /**
   * `kept`: something later, or as late and stricter, stays in force. `repeated`: this row was
   * imported before, and nothing was changed.
   */
  readonly result: 'inForce' | 'kept' | 'repeated'
  /** In the customer's log; null where the actor has nothing to be told. */
  readonly seq: number | null
}

/**
 * Records what a locked customer says, keeps it in the history, and puts it in force unless what is
 * in force is later: for sends at once, for the actor in the order of its log. A no ends the request
 * that was waiting for a yes.
 */
export async function recordConsent(
  trx: Transaction<Database>,
  customer: LockedCustomer,
  { purpose, channel, ...said }: SaidConsent,
  {
    receivedAtMs,
    importKey = null,
  }: {
    readonly receivedAtMs: number
    /** Of an imported row: the same one is recorded once. */
    readonly importKey?: string | null
  },
): Promise<RecordedConsent> {
  const key = { customerId: customer.profile.customerId, purpose, channel }
  const before = await findConsent(trx, key)
  const statement = { ...said, atMs: said.atMs ?? nowAfter(before, said.granted, receivedAtMs) }
  const isNew = await appendConsentHistory(trx, key, { statement, importKey })
  if (!isNew) return { before, inForce: before ?? statement, result: 'repeated', seq: null }
  const inForce = before === undefined ? statement : laterConsent(before, statement)
  if (!statement.granted) await endPending(trx, customer, key, statement.atMs)
  if (inForce !== statement) return { before, inForce, result: 'kept', seq: null }

  await upsertConsent(trx, key, statement)
  if (!statement.granted && isAboutUploads(key)) await releaseUploads(trx, key.customerId)
  const { granted, atMs: occurredAtMs } = statement
  const payload = { purpose, channel, granted }
  const command = { type: 'consent', payload, occurredAtMs, receivedAtMs } as const
  return { before, inForce, result: 'inForce', seq: await appendCommand(trx, customer, command) }
}

/** A yes that follows a no by less than the clock can tell follows it all the same. */
function nowAfter(
  before: ConsentStatement | undefined,
  granted: boolean,
  receivedAtMs: number,
): number {
  if (before === undefined) return receivedAtMs
  return Math.max(receivedAtMs, before.atMs + (granted && !before.granted ? 1 : 0))
}

/** Who says no has no more to confirm, unless they asked after that. */
async function endPending(
  trx: Transaction<Database>,
  customer: LockedCustomer,
  key: Parameters<typeof findPendingRequest>[1],
  atMs: number,
): Promise<void> {
  const pending = await findPendingRequest(trx, key)
  if (pending !== undefined && pending.requestedAtMs <= atMs)
    await endRequest(trx, customer, pending, { status: 'withdrawn', atMs })
}
