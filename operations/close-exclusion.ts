import { recordCommand } from '../db/commands.ts'
import { closeOpenExclusion, type ExclusionRow } from '../db/exclusions.ts'
import { DomainError } from '../domain/errors.ts'
import { appendCommand, lockCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

export interface CloseExclusionInput {
  readonly customerId: string
  readonly exclusionId: string
  readonly keyId: string | null
}

/**
 * Closes an exclusion by hand, whoever opened it: for sends at once, for the actor, which has the
 * arbiter look at who waits, in the order of its log.
 *
 * @throws {DomainError} `not_found`: no such customer, or no such exclusion that is open
 */
export async function closeExclusion(
  deps: CustomerCommandDeps,
  { exclusionId, keyId, ...input }: CloseExclusionInput,
): Promise<ExclusionRow> {
  const { customerId, row: closed } = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = customer.profile
    const atMs = deps.now() + customer.profile.clockOffsetMs
    const row = await closeOpenExclusion(trx, { customerId, exclusionId, at: new Date(atMs) })
    if (row === undefined)
      throw new DomainError('not_found', 'There is no such exclusion that is open.')
    await recordCommand(trx, {
      keyId,
      action: 'exclusion.close',
      target: `customer/${customerId}`,
      before: { exclusionId, rule: row.rule, reason: row.reason },
      after: null,
    })
    await appendCommand(trx, customer, {
      type: 'exclusion',
      payload: { change: 'close', exclusionId },
      occurredAtMs: atMs,
      receivedAtMs: atMs,
    })
    return { customerId, row }
  })
  deps.onPending([customerId])
  return closed
}
