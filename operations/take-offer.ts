import { recordCommand } from '../db/commands.ts'
import { findStoredEvents } from '../db/event-log.ts'
import type { Offer } from '../domain/actor/offers.ts'
import { appendCommand, lockCustomer } from './append-command.ts'
import { contentHash } from './content-hash.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

export interface TakeOfferInput {
  readonly customerId: string
  readonly offer: Offer
  readonly keyId: string | null
  /** The same one again is the same offer: it counts once. */
  readonly idempotencyKey: string | undefined
}

/**
 * Says that an offer is about to be shown. The actor judges it in the order of its log, so that no two
 * take the same last place of a cap. Answers the number in the log.
 *
 * @throws {DomainError} `not_found`
 */
export async function takeOffer(
  deps: CustomerCommandDeps,
  { offer, keyId, idempotencyKey, ...input }: TakeOfferInput,
): Promise<{ seq: number }> {
  const messageId =
    idempotencyKey === undefined
      ? undefined
      : `offer:${contentHash({ keyId, customerId: input.customerId, idempotencyKey, offer: offer.id })}`
  const { customerId, seq } = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = customer.profile
    if (messageId !== undefined) {
      const [before] = await findStoredEvents(trx, [messageId])
      if (before !== undefined) return { customerId, seq: before.seq }
    }
    const receivedAtMs = deps.now() + customer.profile.clockOffsetMs
    await recordCommand(trx, {
      keyId,
      action: 'customer.offer',
      target: `customer/${customerId}`,
      before: null,
      after: { offer: offer.id, channel: offer.channel },
    })
    const told = await appendCommand(trx, customer, {
      type: 'offer',
      payload: { offer: { ...offer } },
      occurredAtMs: receivedAtMs,
      receivedAtMs,
      ...(messageId === undefined ? {} : { messageId }),
    })
    return { customerId, seq: told }
  })
  deps.onPending([customerId])
  return { seq }
}
