import { findLinkedRequest } from '../db/consent-requests.ts'
import { CONSENT_REQUESTED, standingOf } from '../domain/customers/double-opt-in.ts'
import { readsIn } from '../domain/journeys/message-texts.ts'
import { textsIn } from '../domain/journeys/texts-in.ts'
import type { JsonValue } from '../domain/json.ts'
import type { ConfirmSubject } from '../platform/confirm-link.ts'
import type { SendTry } from './send-try.ts'

/** What a message can offer to confirm. `closed`: there is nothing left to be confirmed, and why. */
export type Confirmation =
  | { readonly type: 'none' }
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'closed'; readonly reason: string }

/**
 * The link that a message of a run on `Consent Requested` may show. Only class `service` gets one: who
 * has not said yes is asked, and told nothing else.
 */
export async function findConfirmation(
  { db, request, facts, judgedAtMs: nowMs }: SendTry,
  linkTo: (subject: ConfirmSubject) => Promise<string>,
): Promise<Confirmation> {
  const requestId = facts.entryProperties?.['requestId']
  const { entry, class: class_, customerId } = request
  if (entry.name !== CONSENT_REQUESTED || class_ !== 'service' || typeof requestId !== 'string')
    return { type: 'none' }
  const found = await findLinkedRequest(db, requestId)
  // An event of this name may be anybody's; it opens nobody's request but the customer's own.
  if (found?.customerId !== customerId) return { type: 'none' }
  const { expiresAtMs, addressNow: address } = found
  const standing = standingOf(found, { address, nowMs })
  if (standing !== 'open') return { type: 'closed', reason: `request_${standing}` }
  return { type: 'open', url: await linkTo({ requestId, expiresAtMs }) }
}

/** Whether a message is there to have something confirmed. */
export const asksToConfirm = (content: object): boolean =>
  textsIn('', content as JsonValue).some(({ value }) => readsIn(value, 'confirmUrl').length > 0)
