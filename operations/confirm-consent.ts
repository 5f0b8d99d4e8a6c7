import { recordCommand } from '../db/commands.ts'
import { findLinkedRequest, settleRequest } from '../db/consent-requests.ts'
import {
  CONSENT_CONFIRMED,
  standingOf,
  type RequestStanding,
} from '../domain/customers/double-opt-in.ts'
import { DomainError } from '../domain/errors.ts'
import { toIso } from '../domain/time.ts'
import { appendEvent, lockCustomer } from './append-command.ts'
import { recordConsent } from './record-consent.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** What a confirmed consent says of where it comes from. */
export const DOUBLE_OPT_IN_SOURCE = 'double opt-in'

/**
 * Grants what a request asked for, where it can still be confirmed, and answers how the request
 * stands then. Once more changes nothing. The proof is the request, when it was made and confirmed,
 * and what whoever asked gave as theirs; who holds the link holds the mailbox, so no more is kept of them.
 *
 * @throws {DomainError} `not_found`
 */
export async function confirmConsent(
  deps: CustomerCommandDeps,
  requestId: string,
): Promise<RequestStanding> {
  const linked = await requireRequest(deps, requestId)
  const standing = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, linked.customerId)
    // Once more under the lock: whoever was first has changed it.
    const found = await requireRequest({ db: trx }, requestId)
    const atMs = deps.now() + customer.profile.clockOffsetMs
    const before = standingOf(found, { address: found.addressNow, nowMs: atMs })
    if (before !== 'open') return before

    const { purpose, channel, textVersion, requestedAtMs, source, proof } = found
    const [requestedAt, confirmedAt] = [toIso(requestedAtMs), toIso(atMs)]
    await recordConsent(
      trx,
      customer,
      {
        purpose,
        channel,
        granted: true,
        source: DOUBLE_OPT_IN_SOURCE,
        proof: { requestId, requestedAt, confirmedAt, asked: { source, proof } },
        textVersion,
      },
      { receivedAtMs: atMs },
    )
    await settleRequest(trx, requestId, { status: 'confirmed', at: new Date(atMs) })
    await appendEvent(trx, customer, {
      name: CONSENT_CONFIRMED,
      messageId: `consent-confirmed:${requestId}`,
      properties: { requestId, purpose, channel, textVersion },
      atMs,
    })
    await recordCommand(trx, {
      // Nobody's key: whoever holds the link is taken for the customer.
      keyId: null,
      action: 'consent.confirm',
      target: `customer/${customer.profile.customerId}`,
      before: null,
      after: { requestId, purpose, channel, textVersion },
    })
    return 'confirmed'
  })
  deps.onPending([linked.customerId])
  return standing
}

async function requireRequest({ db }: Pick<CustomerCommandDeps, 'db'>, requestId: string) {
  const found = await findLinkedRequest(db, requestId)
  if (found === undefined) throw new DomainError('not_found', 'This link leads nowhere.')
  return found
}
