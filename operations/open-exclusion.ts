import { randomUUID } from 'node:crypto'
import { recordCommand } from '../db/commands.ts'
import { countOpenByHand, insertExclusion } from '../db/exclusions.ts'
import { excludedScope } from '../domain/contact/exclusion-opening.ts'
import type { Exclusion } from '../domain/contact/policy.ts'
import { DomainError } from '../domain/errors.ts'
import { appendCommand, lockCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** Open by hand at once for one customer: an actor holds them all. */
const BY_HAND_MAX = 16

export interface OpenExclusionInput {
  readonly customerId: string
  /** Shown in the engine too, like `source`. */
  readonly reason: string
  readonly scope: Parameters<typeof excludedScope>[0]
  /** On the customer's clock; default: until somebody closes it. */
  readonly untilMs?: number
  readonly source: string
  readonly keyId: string | null
}

/**
 * Excludes a customer: from sends at once, since they look at this row before they call a channel;
 * for the actor in the order of its log.
 *
 * @throws {DomainError} `not_found`; `unacceptable`: the end has passed, or too many are open
 */
export async function openExclusion(
  deps: CustomerCommandDeps,
  { reason, scope, untilMs, source, keyId, ...input }: OpenExclusionInput,
): Promise<Exclusion> {
  const { customerId, opened: exclusion } = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, input.customerId)
    const { customerId } = customer.profile
    const atMs = deps.now() + customer.profile.clockOffsetMs
    if (untilMs !== undefined && untilMs <= atMs) throw overBefore()
    if ((await countOpenByHand(trx, customerId, new Date(atMs))) >= BY_HAND_MAX)
      throw new DomainError(
        'unacceptable',
        `At most ${BY_HAND_MAX} exclusions by hand are open for one customer. Release one first.`,
      )
    const opened = {
      exclusionId: randomUUID(),
      rule: null,
      reason,
      scope: excludedScope(scope),
      source,
      sinceMs: atMs,
      fromMs: atMs,
      untilMs: untilMs ?? null,
    }
    await insertExclusion(trx, customerId, opened)
    await recordCommand(trx, {
      keyId,
      action: 'exclusion.open',
      target: `customer/${customerId}`,
      before: null,
      after: opened,
    })
    await appendCommand(trx, customer, {
      type: 'exclusion',
      payload: { change: 'open', exclusion: opened },
      occurredAtMs: atMs,
      receivedAtMs: atMs,
    })
    return { customerId, opened }
  })
  deps.onPending([customerId])
  return exclusion
}

const overBefore = (): DomainError =>
  new DomainError('unacceptable', 'The exclusion would be over before it begins.', [
    {
      code: 'instant_in_past',
      path: '/until',
      message: "Name an instant to come on the customer's clock, or leave it out",
      severity: 'error',
    },
  ])
