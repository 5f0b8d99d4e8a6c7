/** One of two customers who turned out to be one person. */
export interface MergeSide {
  readonly customerId: string
  readonly test: boolean
  /** A user id or a registration is known. */
  readonly known: boolean
  readonly createdAtMs: number
  /** It is being erased: nothing is to be given to it, or taken from it. */
  readonly isErasing: boolean
  /** How many identities of each kind lead to it. */
  readonly identities: Readonly<Record<string, number>>
  /** How many customers it consists of: itself, and those who were merged into it. */
  readonly united: number
  /** How many were merged into it in the last 24 hours. */
  readonly mergedLately: number
}

/** What keeps a shared device or address from uniting strangers. */
export interface MergeLimits {
  /** Identities that one customer may have, by kind. A kind that is missing: any number. */
  readonly perKind: Readonly<Record<string, number>>
  /** Customers merged into one in 24 hours. */
  readonly perDay: number
  /** Customers that one may consist of. */
  readonly perCustomer: number
}

export interface MergePair {
  readonly winner: string
  readonly loser: string
}

/** `reason` is a code, `detail` a sentence for whoever is to approve it. */
export type MergeVerdict = MergePair &
  (
    | { readonly type: 'merge' }
    | {
        /** `refuse`: never. `quarantine`: a person may know better. */
        readonly type: 'refuse' | 'quarantine'
        readonly reason: string
        readonly detail: string
      }
  )

/**
 * Whether two customers may become one, and who stays: the known before the anonymous, then the older,
 * then the smaller id; alike for either order of the two.
 */
export function judgeMerge(
  one: MergeSide,
  other: MergeSide,
  {
    cause,
    limits,
  }: {
    /** The call that said so: an `alias` says it on purpose. */
    readonly cause: string
    /** Null: a person has approved it. */
    readonly limits: MergeLimits | null
  },
): MergeVerdict {
  const [winner, loser] = comesBefore(one, other) ? [one, other] : [other, one]
  const pair: MergePair = { winner: winner.customerId, loser: loser.customerId }
  const barred = whyNever(winner, loser)
  if (barred !== null) return { ...pair, type: 'refuse', ...barred }
  const doubt = limits === null ? null : whyDoubtful(winner, loser, { cause, limits })
  if (doubt !== null) return { ...pair, type: 'quarantine', ...doubt }
  return { ...pair, type: 'merge' }
}

function comesBefore(one: MergeSide, other: MergeSide): boolean {
  if (one.known !== other.known) return one.known
  if (one.createdAtMs !== other.createdAtMs) return one.createdAtMs < other.createdAtMs
  return one.customerId < other.customerId
}

interface Reason {
  readonly reason: string
  readonly detail: string
}

function whyNever(winner: MergeSide, loser: MergeSide): Reason | null {
  if (winner.test !== loser.test)
    return {
      reason: 'test_customer',
      detail: 'One of them is a test customer, who is never merged with a real one.',
    }
  if (winner.isErasing || loser.isErasing)
    return { reason: 'erasing', detail: 'One of them is being erased.' }
  return null
}

function whyDoubtful(
  winner: MergeSide,
  loser: MergeSide,
  { cause, limits }: { readonly cause: string; readonly limits: MergeLimits },
): Reason | null {
  const kind = cause === 'alias' ? undefined : crowdedKind(winner, loser, limits.perKind)
  if (kind !== undefined)
    return {
      reason: `${kind}_limit`,
      detail: `Both have identities of kind "${kind}", together more than the ${limits.perKind[kind]} that one customer may have: perhaps two people share a device. Approve it, or say so with an alias, if they are one.`,
    }
  const united = winner.united + loser.united
  if (united > limits.perCustomer)
    return {
      reason: 'customer_limit',
      detail: `Together they would consist of ${united} customers, more than the ${limits.perCustomer} that the identity rules allow: perhaps many people share an address or a device.`,
    }
  const lately = winner.mergedLately + loser.mergedLately
  if (lately >= limits.perDay)
    return {
      reason: 'day_limit',
      detail: `${lately} customers were merged into them in the last 24 hours, and the identity rules allow ${limits.perDay}: perhaps many people share an address or a device.`,
    }
  return null
}

/** A kind of which both have some, and together too many. */
function crowdedKind(
  winner: MergeSide,
  loser: MergeSide,
  perKind: MergeLimits['perKind'],
): string | undefined {
  return Object.keys(loser.identities)
    .toSorted()
    .find((kind) => {
      const [mine, theirs] = [winner.identities[kind] ?? 0, loser.identities[kind] ?? 0]
      return mine > 0 && theirs > 0 && mine + theirs > (perKind[kind] ?? Infinity)
    })
}
