import { recordCommand } from '../db/commands.ts'
import { listOpenJourneys } from '../db/open-journeys.ts'
import { appendCommand, lockCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

export interface ExitInput {
  readonly customerId: string
  /** The journey to leave; all of them when it is not given. */
  readonly journey?: string
  readonly reason: string
  readonly keyId: string | null
}

/**
 * Takes a customer out of a journey, or out of all, as soon as the actor comes to it in the order of
 * its log. Answers the number in that log.
 *
 * @throws {DomainError} `not_found`
 */
export async function exitCustomer(
  deps: CustomerCommandDeps,
  { journey, reason, keyId, ...input }: ExitInput,
): Promise<{ seq: number }> {
  const { customerId, seq } = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = customer.profile
    const receivedAtMs = deps.now() + customer.profile.clockOffsetMs
    const payload = { journey: journey ?? null, reason }
    await recordCommand(trx, {
      keyId,
      action: 'customer.exit',
      target: `customer/${customerId}`,
      before: { journeys: await listOpenJourneys(trx, customerId) },
      after: payload,
    })
    const command = { type: 'exit', payload, occurredAtMs: receivedAtMs, receivedAtMs } as const
    return { customerId, seq: await appendCommand(trx, customer, command) }
  })
  deps.onPending([customerId])
  return { seq }
}
