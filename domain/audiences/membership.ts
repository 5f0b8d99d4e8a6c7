import { evaluateCondition, type ConditionScope, type Evaluation } from '../conditions.ts'
import type { Formulas } from '../facts/fact-rules.ts'
import { minorUnits } from '../customers/facts.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import { lifecycleAt } from '../customers/lifecycle.ts'
import { returnedIds } from '../customers/returned.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { AudienceReads } from './audience-reads.ts'
import { memberReach } from './member-reach.ts'

/** What is stored of a customer who may belong to an audience. */
export interface PossibleMember {
  readonly customerId: string
  readonly known: boolean
  readonly zone: string
  readonly traits: JsonObject
  /** Tokens of devices that can be pushed to. */
  readonly devices: readonly string[]
  /** Channels on which the address is not to be used any more. */
  readonly blocked: readonly string[]
  /** purpose → channel → granted. */
  readonly consents: Readonly<Record<string, Readonly<Record<string, boolean>>>>
  /** Keys of the journeys that have an open run. */
  readonly journeys: readonly string[]
  readonly counters: Readonly<
    Record<string, { readonly total: number; readonly recentMs: readonly number[] }>
  >
  /** The values and answers that `AudienceReads` asks for, in its order. */
  readonly worth: readonly (readonly JsonValue[])[]
  readonly did: readonly boolean[]
}

export interface MembershipTerms {
  readonly when: string
  readonly reads: AudienceReads
  /** Formulas of the facts in force. */
  readonly facts: Formulas
  readonly lifecycle: LifecycleRules
  readonly nowMs: number
}

/** What a scope is made by; the condition is not part of it. */
export type ScopeTerms = Omit<MembershipTerms, 'when'>

/**
 * Whether a customer belongs to the audience now. A condition that fails on what is stored says so, and
 * counts as no. Never throws.
 */
export const isMember = (member: PossibleMember, terms: MembershipTerms): Evaluation<boolean> =>
  evaluateCondition(terms.when, memberScope(member, terms))

/** What conditions see of a customer by all that is stored. */
export function memberScope(
  member: PossibleMember,
  { reads, facts, lifecycle, nowMs }: ScopeTerms,
): ConditionScope {
  const { known, zone, traits, consents, counters, journeys } = member
  const [purchases = [], orders = [], products = []] = member.worth
  const purchasedMinor = purchases.reduce<number>((sum, value) => sum + minorUnits(value), 0)
  const { state } = lifecycleAt({ rules: lifecycle, counters, purchasedMinor, known }, nowMs)
  return {
    nowMs,
    zone,
    customer: {
      traits,
      has: Object.fromEntries(
        Object.entries(traits).map(([name, value]) => [name, isThere(value)]),
      ),
      lifecycle: state,
      value: purchasedMinor / 100,
      consents,
      counters,
      returned: [
        ...orders.flatMap((order) => returnedIds({ order_id: order })),
        ...products.flatMap((list) => returnedIds({ products: list })),
      ],
      journeys,
      ...(reads.usesReachable ? { reachable: channelsTo(member) } : {}),
      did: Object.fromEntries(reads.did.map(({ key }, at) => [key, member.did[at] === true])),
    },
    facts,
    event: null,
    entry: null,
  }
}

const channelsTo = (member: PossibleMember): string[] =>
  memberReach(member).flatMap(({ channel, reachable }) => (reachable ? [channel] : []))

const isThere = (value: JsonValue): boolean => value !== null && value !== ''
