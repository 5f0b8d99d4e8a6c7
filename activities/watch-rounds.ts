import type { Kysely, Transaction } from 'kysely'
import { listPossibleMembers } from '../db/audience-members.ts'
import {
  changeMembers,
  listMembers,
  lockWatch,
  updateWatch,
  type AudienceWatch,
} from '../db/audience-watches.ts'
import { AUDIENCES, type AudienceRow } from '../db/audiences.ts'
import { lockRuleBookShared } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { isMember, type MembershipTerms } from '../domain/audiences/membership.ts'
import { MEMBERSHIP_EVENTS } from '../domain/journeys/requested-entry.ts'
import type { WatchActivities } from './contract.ts'
import { hashOfTerms, membershipTerms } from './membership-terms.ts'
import { lockListeners, tellCustomers, type Listeners } from './tell-customers.ts'

/** Customers of one round: some tenths of a second, so that nobody waits for its transaction. */
const PAGE_CUSTOMERS = 500

interface Deps {
  readonly db: Kysely<Database>
  /** Real time. */
  readonly now: () => number
  readonly pageCustomers?: number
}

/**
 * One round of a look at a watched audience: the next customers, by id, and the differences to what they
 * were at the last look. The place, the memberships and the rows that tell of them are one transaction, so
 * each change is told once, whoever dies.
 *
 * A look by other rules than the whole one before tells nobody: what has changed then is the audience, and
 * not the customers. Rests as long as it took, so that half of the store's time is left to others.
 */
export const createWatchSome =
  ({ db, now, pageCustomers = PAGE_CUSTOMERS }: Deps): WatchActivities['watchSome'] =>
  async ({ audience: key }) => {
    const startedAtMs = performance.now()
    const isOver = await db.transaction().execute(async (trx) => {
      // Whoever publishes waits: an audience that is not watched any more has no members left.
      await lockRuleBookShared(trx)
      const audience = await AUDIENCES.find(trx, key)
      if (audience?.document.watch === undefined) return true
      const terms = await membershipTerms(trx, audience.document.when, now())
      const watch = begun(await lockWatch(trx, key), hashOfTerms(terms))
      const after = await lookOn(trx, { audience, watch, terms, pageCustomers })
      await updateWatch(trx, after)
      return after.after === ''
    })
    return { isOver, nextInMs: isOver ? 0 : Math.ceil(performance.now() - startedAtMs) }
  }

/**
 * Goes on with the look under way, where it judges by the same; else another begins. One that was broken off
 * has left memberships by other rules behind, so that the next is silent whatever it judges by.
 */
function begun(watch: AudienceWatch, looksBy: string): AudienceWatch {
  const isUnderWay = watch.after !== ''
  if (isUnderWay && watch.looksBy === looksBy) return watch
  const nothing = { after: '', looked: 0, failed: 0, joined: 0, departed: 0 }
  return { ...watch, ...nothing, looksBy, silent: isUnderWay || watch.judgedBy !== looksBy }
}

interface Look {
  readonly audience: AudienceRow
  readonly watch: AudienceWatch
  readonly terms: MembershipTerms
  readonly pageCustomers: number
}

/** The next page, and how far the look is after it; `after` is empty where it was the last. */
async function lookOn(
  trx: Transaction<Database>,
  { audience, watch, terms, pageCustomers }: Look,
): Promise<AudienceWatch> {
  const { key } = audience.document
  const { after } = watch
  const { nowMs } = terms
  const page = await listPossibleMembers(
    trx,
    { ...terms, sample: 1 },
    { after, limit: pageCustomers },
  )
  const through = page.length < pageCustomers ? null : (page.at(-1)?.customerId ?? null)
  const verdicts = page.map((customer) => ({ customer, verdict: isMember(customer, terms) }))
  const are = new Set(
    verdicts.flatMap(({ customer, verdict }) =>
      verdict.ok && verdict.value ? [customer.customerId] : [],
    ),
  )
  const were = new Set(await listMembers(trx, { audience: key, after, through }))
  // Under lock, so that nobody is merged or forgotten meanwhile: whoever was is judged as somebody else.
  const { book, profiles } = await lockListeners(trx, [
    ...[...are].filter((id) => !were.has(id)),
    ...[...were].filter((id) => !are.has(id)),
  ])
  const joined = profiles.filter(({ customerId }) => are.has(customerId) && !were.has(customerId))
  const departed = profiles.filter(({ customerId }) => were.has(customerId) && !are.has(customerId))
  await changeMembers(trx, {
    audience: key,
    joined: joined.map(({ customerId }) => customerId),
    departed: departed.map(({ customerId }) => customerId),
    at: new Date(nowMs),
  })
  if (!watch.silent) {
    await tell(trx, audience, 'joined', { book, profiles: joined }, nowMs)
    await tell(trx, audience, 'left', { book, profiles: departed }, nowMs)
  }
  return {
    ...watch,
    looked: watch.looked + page.length,
    failed: watch.failed + verdicts.filter(({ verdict }) => !verdict.ok).length,
    joined: watch.joined + joined.length,
    departed: watch.departed + departed.length,
    after: through ?? '',
    ...(through === null ? { judgedBy: watch.looksBy, endedAt: new Date(nowMs) } : {}),
  }
}

const tell = (
  trx: Transaction<Database>,
  { key, version }: AudienceRow,
  change: keyof typeof MEMBERSHIP_EVENTS,
  listeners: Listeners,
  nowMs: number,
): Promise<number> =>
  tellCustomers(trx, listeners, {
    name: MEMBERSHIP_EVENTS[change],
    properties: { audience: key, version },
    nowMs,
    messageIdOf: (customerId) => `audience:${key}:${customerId}:${change}:${nowMs}`,
  })
