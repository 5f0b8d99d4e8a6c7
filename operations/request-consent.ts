import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import {
  findPendingRequest,
  insertConsentRequest,
  type ConsentRequestRow,
} from '../db/consent-requests.ts'
import { findConsent } from '../db/consents.ts'
import { findLiveVersion } from '../db/journey-versions.ts'
import type { Database } from '../db/schema.ts'
import { CONSENT_REQUESTED, REQUEST_TERM, standingOf } from '../domain/customers/double-opt-in.ts'
import type { ConsentProof, ConsentStatement } from '../domain/customers/stricter-consent.ts'
import { DomainError } from '../domain/errors.ts'
import { addDuration, toIso } from '../domain/time.ts'
import { appendEvent, lockCustomer, type LockedCustomer } from './append-command.ts'
import { DOUBLE_OPT_IN_SOURCE } from './confirm-consent.ts'
import { endRequest } from './end-request.ts'
import { DOUBLE_OPT_IN, ensureDoubleOptIn } from './ensure-double-opt-in.ts'
import { requireText } from './require-text.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

export interface ConsentRequestInput {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
  readonly textVersion: string
  /** Where it was asked for. */
  readonly source: string
  readonly proof: ConsentProof | null
  /** How long the link is good, ISO 8601. */
  readonly expiresIn?: string
  readonly keyId: string
}

/** `open`: asked for, now or before. `granted`: it was confirmed before, and nobody is asked again. */
export type RequestedConsent =
  | { readonly type: 'open'; readonly request: ConsentRequestRow }
  | { readonly type: 'granted'; readonly consent: ConsentStatement }

/**
 * Asks a customer to confirm a consent, by a mail of the journey `double-opt-in`. Nothing is granted
 * until they do. While a request for the same text is open, asking again sends nothing; another text
 * or another address takes its place.
 *
 * @throws {DomainError} `not_found`; `unacceptable`: no such text, no address, another channel than
 *   e-mail; `conflict`: nobody sends the mail, since the journey was closed
 */
export async function requestConsent(
  deps: CustomerCommandDeps,
  input: ConsentRequestInput,
): Promise<RequestedConsent> {
  if (input.channel !== 'email')
    throw refusal('channel_without_link', '/path/channel', 'Only e-mail is confirmed by a link.')
  await ensureDoubleOptIn({ db: deps.db, nowMs: deps.now })
  const requested = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    return request(trx, customer, input, deps.now() + customer.profile.clockOffsetMs)
  })
  deps.onPending([input.customerId])
  return requested
}

async function request(
  trx: Transaction<Database>,
  customer: LockedCustomer,
  input: ConsentRequestInput,
  atMs: number,
): Promise<RequestedConsent> {
  const { purpose, channel, textVersion, source, proof, keyId } = input
  const { customerId, traits } = customer.profile
  const text = await requireText(trx, textVersion)
  const address = traits['email']
  if (typeof address !== 'string' || address === '')
    throw refusal('no_address', '/path/id', 'The customer has no e-mail address to send a link to.')
  if ((await findLiveVersion(trx, DOUBLE_OPT_IN)) === undefined)
    throw new DomainError(
      'conflict',
      `Nobody would send the link: no version of the journey "${DOUBLE_OPT_IN}" takes new entries.`,
    )

  const key = { customerId, purpose, channel }
  const consent = await findConsent(trx, key)
  if (consent?.granted && isConfirmed(consent, textVersion)) return { type: 'granted', consent }
  const pending = await findPendingRequest(trx, key)
  if (pending !== undefined) {
    const isOpen = standingOf(pending, { address, nowMs: atMs }) === 'open'
    if (isOpen && pending.textVersion === textVersion) return { type: 'open', request: pending }
    await endRequest(trx, customer, pending, { status: 'superseded', atMs })
  }

  const requestId = randomUUID()
  const expiresAtMs = addDuration(atMs, input.expiresIn ?? REQUEST_TERM)
  const said = { requestId, purpose, channel, textVersion, source, proof, address }
  const made = { ...said, requestedAtMs: atMs, expiresAtMs }
  await insertConsentRequest(trx, customerId, made)
  await appendEvent(trx, customer, {
    name: CONSENT_REQUESTED,
    messageId: `consent-requested:${requestId}`,
    properties: {
      requestId,
      purpose,
      channel,
      textVersion,
      language: languageOf(text.locale),
      expiresAt: toIso(expiresAtMs),
    },
    atMs,
  })
  await recordCommand(trx, {
    keyId,
    action: 'consent.request',
    target: `customer/${customerId}`,
    before: null,
    after: { requestId, purpose, channel, textVersion, source },
  })
  return { type: 'open', request: { ...made, status: 'pending' } }
}

/** A single yes to the same text may be confirmed on top; a confirmed one need not be once more. */
const isConfirmed = (consent: ConsentStatement, textVersion: string): boolean =>
  consent.source === DOUBLE_OPT_IN_SOURCE && consent.textVersion === textVersion

/** `pt` of `pt-BR`. */
const languageOf = (locale: string): string => locale.toLowerCase().split(/[-_]/)[0] ?? ''

const refusal = (code: string, path: string, message: string): DomainError =>
  new DomainError('unacceptable', message, [{ code, path, message, severity: 'error' }])
