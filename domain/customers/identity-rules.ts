import type { TraitPrecedence, TraitRules } from './golden-record.ts'
import { DEFAULT_TRAIT_RULES } from './golden-record.ts'
import type { MergeLimits } from './merge-verdict.ts'

/** What an id of a kind may do. */
export interface KindRule {
  /** Ids of this kind that one customer may have; those beyond are not attached. */
  readonly perCustomer?: number
  /** Whether an id that leads to another customer says that the two are one person. */
  readonly merges?: boolean
}

/** By what customers are found and united, and which value of a trait holds, as published. */
export interface IdentityRules {
  readonly $schema?: string
  /**
   * By kind. `user` and `anonymous` are always there. `email` and `phone` are read off the traits; all
   * other names are types of Segment's `context.externalIds`. A kind that is not named is no identity.
   */
  readonly kinds?: Readonly<Record<string, KindRule>>
  readonly merges?: {
    /** Customers merged into one in 24 hours. */
    readonly perDay?: number
    /** Customers that one may consist of. */
    readonly perCustomer?: number
  }
  /** By trait; `*`: all others. */
  readonly traits?: Readonly<Record<string, TraitPrecedence>>
  /** Of phone numbers of customers whose country nobody said. ISO 3166 alpha-2. */
  readonly defaultRegion?: string
}

/** Rules with everything said that a document may leave out. */
export interface IdentitySettings {
  readonly kinds: Readonly<Record<string, Required<KindRule>>>
  readonly limits: MergeLimits
  readonly traits: TraitRules
  readonly defaultRegion: string | undefined
}

/** The highest `perCustomer`: nobody counts so far. */
export const ANY_NUMBER = 1_000_000
const KINDS: Readonly<Record<string, Required<KindRule>>> = {
  // Two user ids that meet on one device are two people, unless an alias says that they are one.
  user: { perCustomer: 1, merges: true },
  anonymous: { perCustomer: ANY_NUMBER, merges: true },
}
/** Of kinds that a document names without more. */
const NAMED: Required<KindRule> = { perCustomer: 10, merges: true }
/** Shared within families and firms: what unites by it must be asked for. */
const ADDRESS: Required<KindRule> = { perCustomer: 10, merges: false }
const ADDRESSES: ReadonlySet<string> = new Set(['email', 'phone'])
const PER_DAY = 20
const PER_CUSTOMER = 50

/** What holds under a document; without one: what is documented as the default. */
export function identitySettings(rules: IdentityRules = {}): IdentitySettings {
  const { kinds = {}, merges = {}, traits, defaultRegion } = rules
  const all = { ...KINDS }
  for (const [kind, rule] of Object.entries(kinds)) {
    const base = KINDS[kind] ?? (ADDRESSES.has(kind) ? ADDRESS : NAMED)
    all[kind] = { ...base, ...rule }
  }
  return {
    kinds: all,
    limits: {
      perKind: Object.fromEntries(
        Object.entries(all).map(([kind, { perCustomer }]) => [kind, perCustomer]),
      ),
      perDay: merges.perDay ?? PER_DAY,
      perCustomer: merges.perCustomer ?? PER_CUSTOMER,
    },
    traits: { ...DEFAULT_TRAIT_RULES, ...traits },
    defaultRegion,
  }
}

/** Where nothing was published. */
export const DEFAULT_IDENTITY = identitySettings()
