import { findPossibleMember } from '../db/audience-members.ts'
import type { CustomerPageRow } from '../db/customer-pages.ts'
import { findCaseSettings, findFacts } from '../db/rule-documents.ts'
import { readServiceSummary, type ServiceSummary } from '../db/service-summary.ts'
import { memberReach } from '../domain/audiences/member-reach.ts'
import { isKnownOrigin } from '../domain/customers/golden-record.ts'
import type { ChannelReach } from '../domain/customers/channel-reach.ts'
import { factReads, knownFacts, type KnownFact } from '../domain/facts/known-facts.ts'
import { own } from '../domain/own.ts'
import type { ApiDeps } from './deps.ts'

/** What is known of a customer by formula and by what service heard. */
export interface CustomerFacts extends ServiceSummary {
  readonly facts: Readonly<Record<string, KnownFact>>
  readonly channels: readonly ChannelReach[]
  readonly nps?: { readonly score: number; readonly at?: Date; readonly source?: string }
}

/**
 * For a customer's page, on what is stored now.
 *
 * Cost: some six statements, each about this customer alone.
 */
export async function readFacts(
  { db, rules, now }: Pick<ApiDeps, 'db' | 'rules' | 'now'>,
  customer: CustomerPageRow,
): Promise<CustomerFacts> {
  const { customerId, clockOffsetMs } = customer
  const { lifecycle } = (await rules.getRules(db)).book
  const facts = await findFacts(db)
  const nowMs = now() + clockOffsetMs
  const reads = factReads(facts, lifecycle)
  const [member, service, { priority }] = await Promise.all([
    findPossibleMember(db, { reads, nowMs }, customerId),
    readServiceSummary(db, customerId),
    findCaseSettings(db),
  ])
  const nps = npsOf(customer, priority.nps.trait)
  return {
    facts: member === undefined ? {} : knownFacts(member, facts, { reads, lifecycle, nowMs }),
    channels: member === undefined ? [] : memberReach(member),
    ...service,
    ...(nps === undefined ? {} : { nps }),
  }
}

/** The trait that the case rules take for it, so that both mean the same. */
function npsOf(
  { traits, traitOrigins }: CustomerPageRow,
  trait: string,
): CustomerFacts['nps'] | undefined {
  const score = own(traits, trait)
  if (typeof score !== 'number') return undefined
  const origin = own(traitOrigins, trait)
  if (origin === undefined || !isKnownOrigin(origin)) return { score }
  return { score, at: new Date(origin.atMs), source: origin.source }
}
