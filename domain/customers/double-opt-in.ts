/** What happens to a request for consent, as events in the customer's log. */
export const CONSENT_REQUESTED = 'Consent Requested'
export const CONSENT_CONFIRMED = 'Consent Confirmed'
/** It was withdrawn, or another one has taken its place. */
export const CONSENT_REQUEST_ENDED = 'Consent Request Ended'

/** How long a link to confirm is good, unless the request says otherwise. */
export const REQUEST_TERM = 'P7D'

/** `superseded`: another request has taken its place. */
export type RequestStatus = 'pending' | 'confirmed' | 'withdrawn' | 'superseded'

/** A consent that was asked for, and is granted once its link is confirmed. */
export interface ConsentRequest {
  readonly status: RequestStatus
  /** The address that the link goes to, and that its confirmation proves. */
  readonly address: string
  readonly expiresAtMs: number
}

export type RequestStanding = Exclude<RequestStatus, 'pending'> | 'open' | 'expired' | 'readdressed'

/**
 * Whether a request can still be confirmed, and if not, why. `readdressed`: the customer has another
 * address by now, about which the link says nothing.
 */
export function standingOf(
  { status, address, expiresAtMs }: ConsentRequest,
  { address: addressNow, nowMs }: { readonly address: string | null; readonly nowMs: number },
): RequestStanding {
  if (status !== 'pending') return status
  if (nowMs >= expiresAtMs) return 'expired'
  if (addressNow === null || !isSameAddress(address, addressNow)) return 'readdressed'
  return 'open'
}

/** Somebody who writes their address with a capital once has not moved. */
const isSameAddress = (a: string, b: string): boolean =>
  a.trim().toLowerCase() === b.trim().toLowerCase()
