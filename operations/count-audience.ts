import type { Kysely } from 'kysely'
import { streamPossibleMembers } from '../db/audience-members.ts'
import { countRecordedCustomers } from '../db/recorded-customers.ts'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import { findFormulas } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { audienceReads } from '../domain/audiences/audience-reads.ts'
import { memberReach } from '../domain/audiences/member-reach.ts'
import { isMember } from '../domain/audiences/membership.ts'
import { CHANNELS, type ChannelName } from '../domain/journeys/values.ts'

/** More are not looked at: a sample of them says the same. */
const CUSTOMERS_MAX = 20_000

export interface AudienceCount {
  /** Looked at, without test customers. */
  readonly customers: number
  /** The share of all customers that was looked at. */
  readonly sample: number
  readonly matching: number
  /** On whose data the condition failed: they do not count as matching. */
  readonly failed: number
  /** Of those who match. */
  readonly channels: readonly ChannelCount[]
}

interface ChannelCount {
  readonly channel: ChannelName
  /** To whom it leads. */
  readonly reachable: number
  /** Of those, who consented to marketing on it. */
  readonly marketing: number
}

/**
 * How many customers a condition holds for now, and how many of them each channel leads to.
 *
 * Memory: a page of customers. Cost: some 0.3 ms a customer with ten events.
 */
export async function countAudience(
  db: Kysely<Database>,
  input: { readonly when: string; readonly sample?: number | undefined; readonly nowMs: number },
): Promise<AudienceCount> {
  const { when, sample: asked = 1, nowMs } = input
  const { lifecycle } = await getBookInForce(db)
  const all = await countRecordedCustomers(db, { sample: 1 })
  const sample = Math.min(asked, CUSTOMERS_MAX / Math.max(all, 1), 1)
  const facts = await findFormulas(db)
  const reads = audienceReads(when, lifecycle, facts)
  const terms = { when, reads, facts, lifecycle, nowMs }
  const reach = new Map(CHANNELS.map((channel) => [channel, { reachable: 0, marketing: 0 }]))
  let [customers, matching, failed] = [0, 0, 0]
  for await (const member of streamPossibleMembers(db, { reads, nowMs, sample })) {
    customers += 1
    const verdict = isMember(member, terms)
    if (!verdict.ok) failed += 1
    if (!verdict.ok || !verdict.value) continue
    matching += 1
    for (const { channel, reachable, marketing } of memberReach(member)) {
      const counted = reach.get(channel)
      if (counted === undefined || !reachable) continue
      counted.reachable += 1
      if (marketing) counted.marketing += 1
    }
  }
  const channels = [...reach].map(([channel, counted]) => ({ channel, ...counted }))
  return { customers, sample, matching, failed, channels }
}
