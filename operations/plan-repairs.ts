import type { Kysely } from 'kysely'
import { listOpenFindings, type FindingFilter, type FindingPlace } from '../db/open-findings.ts'
import { findIdentitySettings, findTrackingPlan } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { findTraits, listProfiles, type Repair } from '../db/trait-repairs.ts'
import type { TraitDoor, TraitFinding } from '../domain/customers/clean-traits.ts'
import {
  changeTo,
  checkStored,
  proposeRepair,
  type RepairRule,
} from '../domain/customers/repair.ts'
import type { JsonValue } from '../domain/json.ts'
import { compileTrackingPlan } from '../domain/tracking/compile-tracking-plan.ts'

/** What is to be repaired, and how. */
export type RepairWish =
  | ({
      readonly rule: RepairRule
      /** Of phone numbers that name no country. Default: that of the identity rules. */
      readonly region?: string | undefined
      readonly after?: FindingPlace | undefined
      readonly limit: number
    } & FindingFilter)
  /** Profiles that came in before there was a door. */
  | {
      readonly rule: 'stored'
      readonly region?: string | undefined
      readonly after?: string | undefined
      readonly limit: number
    }
  | { readonly rule: 'values'; readonly values: readonly GivenValue[] }

export interface GivenValue {
  readonly customerId: string
  readonly trait: string
  readonly value: JsonValue
}

export interface RepairPlan {
  readonly repairs: readonly Repair[]
  /** What would be set aside of stored profiles. */
  readonly setAside: readonly (TraitFinding & { readonly customerId: string })[]
  /** Looked at, and left as it is: there is no answer that the door would let in. */
  readonly skipped: readonly { readonly customerId: string; readonly trait: string }[]
  /** Where the next plan goes on; null where everything was looked at. */
  readonly next: readonly string[] | null
}

/** What a repair would change, at most `limit` findings or profiles at a time. Changes nothing. */
export async function planRepairs(db: Kysely<Database>, wish: RepairWish): Promise<RepairPlan> {
  const door = await findTraitDoor(db, 'region' in wish ? wish.region : undefined)
  switch (wish.rule) {
    case 'suggestion':
    case 'again':
      return planOfFindings(db, wish, door)
    case 'stored':
      return planOfProfiles(db, wish, door)
    case 'values':
      return planOfValues(db, wish.values, door)
  }
}

/** What the rules in force say about traits; a region that is asked for goes before theirs. */
export async function findTraitDoor(db: Kysely<Database>, region?: string): Promise<TraitDoor> {
  const { defaultRegion } = await findIdentitySettings(db)
  const { judgeTrait } = compileTrackingPlan(await findTrackingPlan(db))
  return { defaultRegion: region ?? defaultRegion, judgeTrait }
}

async function planOfFindings(
  db: Kysely<Database>,
  wish: Extract<RepairWish, { rule: RepairRule }>,
  door: TraitDoor,
): Promise<RepairPlan> {
  const { limit, after } = wish
  const found = await listOpenFindings(db, wish, { limit: limit + 1, after })
  const looked = found.slice(0, limit)
  const repairs = new Map<string, Repair>()
  const skipped: RepairPlan['skipped'][number][] = []
  for (const finding of looked) {
    const { customerId, trait, problem, traits } = finding
    const change = proposeRepair(finding, traits, { ...door, rule: wish.rule })
    if (change === null) skipped.push({ customerId, trait })
    // Of several findings about one trait the first is answered.
    else {
      const key = JSON.stringify([customerId, change.trait])
      if (!repairs.has(key)) repairs.set(key, { ...change, customerId, problem })
    }
  }
  const last = looked.at(-1)
  const hasMore = found.length > limit && last !== undefined
  const next = hasMore ? [last.customerId, last.trait, last.problem] : null
  return { repairs: [...repairs.values()], setAside: [], skipped, next }
}

async function planOfProfiles(
  db: Kysely<Database>,
  { limit, after }: Extract<RepairWish, { rule: 'stored' }>,
  door: TraitDoor,
): Promise<RepairPlan> {
  const found = await listProfiles(db, { limit: limit + 1, after })
  const looked = found.slice(0, limit)
  const checked = looked.map(({ customerId, traits }) => ({
    customerId,
    ...checkStored(traits, door),
  }))
  const last = looked.at(-1)
  return {
    repairs: checked.flatMap(({ customerId, changes }) =>
      changes.map((change) => ({ ...change, customerId, problem: null })),
    ),
    setAside: checked.flatMap(({ customerId, findings }) =>
      findings.map((finding) => ({ ...finding, customerId })),
    ),
    skipped: [],
    next: found.length > limit && last !== undefined ? [last.customerId] : null,
  }
}

async function planOfValues(
  db: Kysely<Database>,
  values: readonly GivenValue[],
  door: TraitDoor,
): Promise<RepairPlan> {
  const profiles = await findTraits(db, [...new Set(values.map(({ customerId }) => customerId))])
  const repairs = new Map<string, Repair>()
  const skipped: RepairPlan['skipped'][number][] = []
  for (const { customerId, trait, value } of values) {
    const change = changeTo(trait, value, profiles.get(customerId) ?? {}, door)
    if (change === null) skipped.push({ customerId, trait })
    else
      repairs.set(JSON.stringify([customerId, change.trait]), {
        ...change,
        customerId,
        problem: null,
      })
  }
  return { repairs: [...repairs.values()], setAside: [], skipped, next: null }
}
