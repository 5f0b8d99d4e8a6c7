import { randomUUID } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { findAskedCustomer } from '../db/asked-customers.ts'
import { appendCommands } from '../db/event-log.ts'
import { listOpenExclusions, toExclusion } from '../db/exclusions.ts'
import {
  areInMerge,
  findDecidedMerge,
  listMergeSides,
  lockMerge,
  upsertMerge,
  type JudgedSide,
} from '../db/merges.ts'
import { findLink, lockLink, markLink, type StoredLink } from '../db/pending-links.ts'
import type { Database, LinkStatus } from '../db/schema.ts'
import { lockSurvivors } from '../db/survivors.ts'
import { takeOver } from '../db/take-over.ts'
import type { Exported } from '../domain/actor/customer-state.ts'
import {
  judgeMerge,
  type MergeLimits,
  type MergePair,
  type MergeVerdict,
} from '../domain/customers/merge-verdict.ts'
import { invariant } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { JsonObject } from '../domain/json.ts'
import type { PublishedRules } from './published-rules.ts'

const DAY_MS = 86_400_000

export interface MergeDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/** A merge that may begin, and what it begins with. */
interface Beginning extends MergePair {
  readonly mergeId: string
  readonly loserSide: JudgedSide
}

/**
 * Judges one link, and begins the merge where nothing stands against it: the loser's actor is told to
 * hand over. A loser without an actor becomes part of the winner at once. Answers customers for whom
 * something waits. Nothing happens while one of the two takes part in another merge: the link stays.
 *
 * Locks, in this order as everybody who merges: the book, the customers by id, the link, its merge.
 */
export async function beginMerge(deps: MergeDeps, linkId: number): Promise<string[]> {
  return deps.db.transaction().execute(async (trx) => {
    const { book, identity } = await deps.rules.lockRules(trx)
    const named = await findLink(trx, linkId)
    if (named === undefined) return []
    const survivors = await lockSurvivors(trx, [named.customerId, named.otherCustomerId])
    const link = await lockLink(trx, linkId)
    if (link?.status !== 'pending') return []
    const one = survivors.get(link.customerId)
    const other = survivors.get(link.otherCustomerId)
    invariant(one !== undefined && other !== undefined, 'the customers of a link are there')
    if (one === other) {
      await markLink(trx, linkId, 'merged')
      return []
    }
    if (await areInMerge(trx, [one, other])) return []
    const { limits } = identity
    return settle(trx, { link, pair: [one, other], book, limits, nowMs: deps.now() })
  })
}

async function settle(
  trx: Transaction<Database>,
  {
    link,
    pair: [one, other],
    book,
    limits,
    nowMs,
  }: {
    readonly link: StoredLink
    readonly pair: readonly [string, string]
    readonly book: RuleBook
    readonly limits: MergeLimits
    readonly nowMs: number
  },
): Promise<string[]> {
  const { linkId, cause } = link
  const begun = await lockMerge(trx, { linkId })
  const isApproved = begun?.status === 'approved'
  const decided = isApproved ? undefined : await findDecidedMerge(trx, one, other)
  // What a person has thought of the two holds for whatever else links them; of a doubt an alias says more.
  if (decided === 'rejected' || (decided === 'quarantined' && cause !== 'alias')) {
    await markLink(trx, linkId, decided)
    return []
  }
  const sides = await listMergeSides(trx, [one, other], new Date(nowMs - DAY_MS))
  const [first, second] = sides
  invariant(first !== undefined && second !== undefined, 'both customers are held')
  const verdict = judgeMerge(first, second, { cause, limits: isApproved ? null : limits })
  const mergeId = begun?.mergeId ?? randomUUID()
  const { status, linkStatus } = STATUSES[verdict.type]
  const { winner, loser } = verdict
  const { reason, detail } = 'reason' in verdict ? verdict : { reason: null, detail: null }
  await upsertMerge(
    trx,
    { mergeId, linkId, winner, loser, status, reason, detail },
    new Date(nowMs),
  )
  await markLink(trx, linkId, linkStatus)
  if (verdict.type !== 'merge') return []
  const loserSide = first.customerId === loser ? first : second
  return begin(trx, { mergeId, winner, loser, loserSide }, { book, nowMs })
}

const STATUSES = {
  merge: { status: 'leaving', linkStatus: 'merging' },
  quarantine: { status: 'quarantined', linkStatus: 'quarantined' },
  refuse: { status: 'rejected', linkStatus: 'rejected' },
} as const satisfies Record<MergeVerdict['type'], { status: string; linkStatus: LinkStatus }>

/** The first step, or all of them. */
async function begin(
  trx: Transaction<Database>,
  { mergeId, winner, loser, loserSide }: Beginning,
  { book, nowMs }: { readonly book: RuleBook; readonly nowMs: number },
): Promise<string[]> {
  if (loserSide.isUnheard) {
    const exported = await unheardOf(trx, loser)
    return (await takeOver(trx, book, { mergeId, exported, runIds: [], lastBatch: 0 }, nowMs)) ?? []
  }
  const leave = { customerId: loser, messageId: `leave:${mergeId}` }
  return appendCommands(trx, 'leave', {
    nowMs,
    commands: [{ ...leave, payload: { mergeId, into: winner } }],
  })
}

/** What the actor of a customer would hold if there were one, as far as SQL knows it. */
async function unheardOf(trx: Transaction<Database>, customerId: string): Promise<JsonObject> {
  const stored = await findAskedCustomer(trx, customerId)
  invariant(stored !== undefined, 'the loser is held')
  const exclusions = (await listOpenExclusions(trx, [customerId])).map(toExclusion)
  const held = { consents: stored.consents, exclusions } satisfies Partial<Exported>
  return held as object as JsonObject
}
