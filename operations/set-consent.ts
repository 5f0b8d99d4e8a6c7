import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import type { ConsentProof } from '../domain/customers/stricter-consent.ts'
import { lockCustomer } from './append-command.ts'
import type { PublishedRules } from './published-rules.ts'
import { recordConsent, type RecordedConsent } from './record-consent.ts'
import { requireText } from './require-text.ts'

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
  readonly proof?: ConsentProof
  /** Of the wording that it is about. */
  readonly textVersion?: string
  readonly keyId: string | null
}

/**
 * Records that a consent was given or withdrawn. It is in force unless something later is on record:
 * for sends at once, since they look at this row before they call a channel; for the actor in the
 * order of its log. Answers what is in force now, and the number in that log, if any.
 *
 * @throws {DomainError} `not_found`; `unacceptable`: nobody has published such a text
 */
export async function setConsent(
  deps: CustomerCommandDeps,
  input: ConsentInput,
): Promise<Pick<RecordedConsent, 'inForce' | 'seq'>> {
  const { customerId, purpose, channel, granted, source, keyId } = input
  const { proof = null, textVersion = null } = input
  const recorded = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, customerId)
    if (textVersion !== null) await requireText(trx, textVersion)
    const receivedAtMs = deps.now() + customer.profile.clockOffsetMs
    const at = input.atMs === undefined ? {} : { atMs: Math.min(input.atMs, receivedAtMs) }
    const said = { purpose, channel, granted, ...at, source, proof, textVersion }
    const done = await recordConsent(trx, customer, said, { receivedAtMs })
    const { before } = done
    await recordCommand(trx, {
      keyId,
      action: 'consent.set',
      target: `customer/${customerId}`,
      before: before === undefined ? null : { purpose, channel, granted: before.granted },
      after: { purpose, channel, granted, source },
    })
    return done
  })
  deps.onPending([customerId])
  return recorded
}
