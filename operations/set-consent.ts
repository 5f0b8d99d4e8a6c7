import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { findConsent, upsertConsent } from '../db/consents.ts'
import type { Database } from '../db/schema.ts'
import { appendCommand, lockCustomer } from './append-command.ts'
import type { PublishedRules } from './published-rules.ts'

/** What commands on one customer need. */
export interface CustomerCommandDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds. */
  readonly now: () => number
  /** Called after the commit. Must not throw. */
  readonly onPending: (customerIds: string[]) => void
}

export interface ConsentInput {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
  readonly granted: boolean
  /** When it was given or withdrawn, on the customer's clock; default: now. */
  readonly atMs?: number
  readonly source: string
  readonly proof?: string
  readonly keyId: string | null
}

/**
 * Puts a consent in force, or withdraws it: for sends at once, since they look at this row before
 * they call a channel; for the actor in the order of its log. Answers the number in that log, and whose
 * it is: the survivor's, where the customer was merged.
 *
 * @throws {DomainError} `not_found`
 */
export async function setConsent(
  deps: CustomerCommandDeps,
  input: ConsentInput,
): Promise<{ customerId: string; seq: number; atMs: number }> {
  const { purpose, channel, granted, source, proof = null, keyId } = input
  const set = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = customer.profile
    const key = { customerId, purpose, channel }
    const receivedAtMs = deps.now() + customer.profile.clockOffsetMs
    const atMs = Math.min(input.atMs ?? receivedAtMs, receivedAtMs)
    const before = await findConsent(trx, key)
    await upsertConsent(trx, key, { granted, at: new Date(atMs), source, proof })
    await recordCommand(trx, {
      keyId,
      action: 'consent.set',
      target: `customer/${customerId}`,
      before: before === undefined ? null : { purpose, channel, granted: before.granted },
      after: { purpose, channel, granted, source },
    })
    const payload = { purpose, channel, granted }
    const command = { type: 'consent', payload, occurredAtMs: atMs, receivedAtMs } as const
    return { customerId, seq: await appendCommand(trx, customer, command), atMs }
  })
  deps.onPending([set.customerId])
  return set
}
