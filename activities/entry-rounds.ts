import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { listPossibleMembers } from '../db/audience-members.ts'
import { AUDIENCES } from '../db/audiences.ts'
import {
  listEntered,
  lockEntryRun,
  openEntryRun,
  updateEntryRun,
  type EntryRun,
} from '../db/entry-runs.ts'
import { findLiveVersion } from '../db/journey-versions.ts'
import type { Database } from '../db/schema.ts'
import { isMember } from '../domain/audiences/membership.ts'
import { invariant } from '../domain/errors.ts'
import { AUDIENCE_EVENT } from '../domain/journeys/requested-entry.ts'
import type { EntryActivities } from './contract.ts'
import { membershipTerms } from './membership-terms.ts'
import { lockListeners, tellCustomers } from './tell-customers.ts'

/** Customers that one round looks at. */
const LOOKED_AT_MAX = 2_000
/** Customers of one read: hardly more than enter, where all of them belong. */
const PAGE = { min: 50, max: 500 }
const SECOND_MS = 1_000

interface Deps {
  readonly db: Kysely<Database>
  /** Real time. */
  readonly now: () => number
}

export const createBeginEntry =
  ({ db, now }: Deps): EntryActivities['beginEntry'] =>
  async ({ journey, workflowId }) => {
    const run = await openEntryRun(db, {
      entryId: randomUUID(),
      journey,
      workflowId,
      begunAt: new Date(now()),
      begunBy: null,
    })
    return run === undefined ? null : { entryId: run.entryId }
  }

/**
 * One round of an entry: looks at the next customers, by id, until as many belong to the audience as
 * enter in a second. Where it stands is kept in the transaction that tells them, and the message id of
 * each says the entry, so nobody is told twice whatever is repeated.
 */
export const createEnterSome =
  ({ db, now }: Deps): EntryActivities['enterSome'] =>
  ({ entryId }) =>
    db.transaction().execute(async (trx) => {
      const run = await lockEntryRun(trx, entryId)
      if (run?.status !== 'running') return { isOver: true, nextInMs: 0 }
      const nowMs = now()
      if (!(await isInForce(trx, run))) {
        await updateEntryRun(trx, { ...run, status: 'superseded' }, new Date(nowMs))
        return { isOver: true, nextInMs: 0 }
      }
      const { members, looked, failed, last, isLast } = await lookOn(trx, run, nowMs)
      const entered = await tell(trx, run, members, nowMs)
      await updateEntryRun(
        trx,
        {
          ...run,
          status: isLast ? 'done' : 'running',
          after: last,
          looked: run.looked + looked,
          matching: run.matching + members.length,
          failed: run.failed + failed,
          entered: run.entered + entered,
        },
        new Date(nowMs),
      )
      const nextInMs = Math.ceil((SECOND_MS * members.length) / run.perSecond)
      return { isOver: isLast, nextInMs: isLast ? 0 : nextInMs }
    })

/** Whether the journey still takes those of this very audience. A version that only says other things goes on. */
async function isInForce(trx: Transaction<Database>, run: EntryRun): Promise<boolean> {
  const audience = (await findLiveVersion(trx, run.journey))?.definition.entry.audience
  return audience?.key === run.audience && audience.hash === run.audienceHash
}

/** The next members, at most as many as the rate allows, and the last customer that was looked at. */
async function lookOn(
  trx: Transaction<Database>,
  { audience: key, audienceHash: hash, perSecond, after }: EntryRun,
  nowMs: number,
) {
  const audience = await AUDIENCES.findContent(trx, { key, hash })
  invariant(audience !== undefined, 'versions of audiences stay for good')
  const { when } = audience.document
  const terms = await membershipTerms(trx, when, nowMs)
  const members: string[] = []
  const limit = Math.min(Math.max(perSecond, PAGE.min), PAGE.max)
  let [looked, failed, last] = [0, 0, after]
  while (looked < LOOKED_AT_MAX) {
    const page = await listPossibleMembers(trx, { ...terms, sample: 1 }, { after: last, limit })
    for (const customer of page) {
      if (members.length === perSecond) return { members, looked, failed, last, isLast: false }
      const verdict = isMember(customer, terms)
      looked += 1
      last = customer.customerId
      if (!verdict.ok) failed += 1
      else if (verdict.value) members.push(customer.customerId)
    }
    if (page.length < limit) return { members, looked, failed, last, isLast: true }
  }
  return { members, looked, failed, last, isLast: false }
}

/**
 * Puts a row into the log of each who was not told yet: it makes the journey a candidate, in the order
 * of the log. Answers how many were told. One who was merged in this instant is told as the survivor.
 */
async function tell(
  trx: Transaction<Database>,
  { entryId, journey, audience }: EntryRun,
  members: readonly string[],
  nowMs: number,
): Promise<number> {
  if (members.length === 0) return 0
  const { book, profiles } = await lockListeners(trx, members)
  const prefix = `entry:${journey}:${entryId}:`
  const told = await listEntered(trx, {
    prefix,
    customerIds: profiles.map(({ customerId }) => customerId),
  })
  const listeners = { book, profiles: profiles.filter(({ customerId }) => !told.has(customerId)) }
  return tellCustomers(trx, listeners, {
    name: AUDIENCE_EVENT,
    properties: { journey, audience, run: entryId },
    nowMs,
    messageIdOf: (customerId) => prefix + customerId,
  })
}
