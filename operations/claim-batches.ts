import type { Kysely, Transaction } from 'kysely'
import {
  insertBatches,
  listFirstUndelivered,
  markDelivered,
  type StoredBatch,
} from '../db/batches.ts'
import { listPendingEvents, type PendingEvent } from '../db/event-log.ts'
import { claimLeases, releaseLeases, type LeasedCustomer } from '../db/leases.ts'
import type { Database } from '../db/schema.ts'
import type { EventBatch } from '../domain/actor/inputs.ts'
import { BATCH_EVENTS_MAX, composeBatch } from './compose-batch.ts'
import type { PublishedRules } from './published-rules.ts'

/** A batch to deliver, under a lease. */
export interface ClaimedBatch {
  readonly customer: LeasedCustomer
  readonly batch: EventBatch
}

export interface ClaimInput {
  readonly owner: string
  readonly leaseMs: number
  /** Customers to look after now. */
  readonly lookAt: readonly string[]
  /** What was delivered since the last call. */
  readonly delivered: readonly ClaimedBatch[]
  /** Customers to let go of, whatever waits for them. */
  readonly giveBack: readonly string[]
}

/**
 * One step of the dispatcher, in one transaction and a constant number of statements: notes what was
 * delivered, and answers the next batch of each customer who has one and whom nobody else holds.
 * A batch that was fixed before comes first, as it was; else the next one is fixed here. Leases of
 * customers without a next batch end here.
 *
 * Why no wake-up is lost. Whoever appends to a customer's log holds the customer's row until its
 * commit (`lockProfiles`; `writeTurnRecord` for events that journeys make; `takeOver` for what becomes a
 * customer's with a merge), and so does this step, from `claimLeases` on. So an append is either
 * committed before this step has the row: then the statements that follow see it, since each takes a
 * new snapshot, and the lease is kept for it. Or it gets the row after this step's commit: then its
 * own wake-up, sent after that, finds the lease free. A wake-up that finds the lease held by another
 * process came after its append was committed and before that process's releasing step has committed;
 * by the same argument that step sees the append. A batch of imports may be applied here instead of by
 * an actor (`apply-outside.ts`): under this lease, between two such steps, and it appends nothing. Events
 * that journeys make, and what an activity puts into the log of a merge's winner, have no wake-up: a step
 * under way for their customer sees them, else the sweeper finds them. (Inside one process, `dispatcher.ts` drops no
 * wake-up that arrives while a step runs.) Only a process that dies between append and wake-up, or
 * holding a lease, leaves something behind: the sweeper finds it.
 *
 * Why nothing waits in the log of a customer who was merged. Whoever appends sees `merged_into` under the
 * row's lock, and follows to the survivor; what waited before was moved under the same lock, and the batches
 * are gone. So a step for such a customer, whose lease may still be held, finds nothing and lets it go.
 *
 * Why a delivery is not marked when the epoch has moved. The actor was started again from a snapshot
 * while the signal was under way; it may have gone to the run that is gone. The epoch is compared
 * under the row lock, which `redeliverBatches` takes too.
 */
export async function claimBatches(
  { db, rules }: { db: Kysely<Database>; rules: PublishedRules },
  input: ClaimInput,
): Promise<ClaimedBatch[]> {
  const { owner, leaseMs, lookAt, delivered, giveBack } = input
  return db.transaction().execute(async (trx) => {
    const touched = [...new Set([...lookAt, ...delivered.map(idOf), ...giveBack])]
    const leased = await claimLeases(trx, { owner, leaseMs, customerIds: touched })
    const byId = new Map(leased.map((customer) => [customer.customerId, customer]))

    const done = delivered.filter(
      ({ customer }) => byId.get(customer.customerId)?.deliveryEpoch === customer.deliveryEpoch,
    )
    if (done.length > 0)
      await markDelivered(
        trx,
        done.map((claim) => ({ customerId: idOf(claim), n: claim.batch.n })),
      )

    const wanted = lookAt.filter((id) => byId.has(id))
    const batches = wanted.length === 0 ? [] : await nextBatches(trx, rules, wanted, byId)
    const busy = new Set(batches.map((stored) => stored.customerId))
    // Whoever is being erased meanwhile gets no lease any more, and is let go.
    const erased = touched.filter((id) => !byId.has(id))
    const idle = [...[...byId.keys()].filter((id) => !busy.has(id)), ...erased]
    if (idle.length > 0) await releaseLeases(trx, { owner, customerIds: idle })
    return batches.flatMap(({ customerId, batch }) => {
      const customer = byId.get(customerId)
      return customer === undefined ? [] : [{ customer, batch }]
    })
  })
}

const idOf = ({ customer }: ClaimedBatch): string => customer.customerId

async function nextBatches(
  trx: Transaction<Database>,
  rules: PublishedRules,
  customerIds: readonly string[],
  byId: ReadonlyMap<string, LeasedCustomer>,
): Promise<StoredBatch[]> {
  const undelivered = await listFirstUndelivered(trx, customerIds)
  const fixedBefore = new Set(undelivered.map((stored) => stored.customerId))
  const others = customerIds.filter((id) => !fixedBefore.has(id))
  if (others.length === 0) return undelivered
  const pending = await listPendingEvents(trx, others, BATCH_EVENTS_MAX)
  if (pending.length === 0) return undelivered

  const { book, entryRules } = await rules.getRules(trx)
  const fixed: (StoredBatch & { seqs: number[] })[] = []
  for (const [customerId, events] of Map.groupBy(
    pending,
    (event: PendingEvent) => event.customerId,
  )) {
    const n = (byId.get(customerId)?.lastBatch ?? 0) + 1
    const { batch, seqs } = composeBatch({ n, book, entryRules, events })
    fixed.push({ customerId, batch, seqs })
  }
  await insertBatches(trx, fixed)
  return [...undelivered, ...fixed.map(({ customerId, batch }) => ({ customerId, batch }))]
}
