import { TOUCHPOINTS_TRAIT } from '../touchpoints/seen-touchpoints.ts'
import { CASE_TRAITS } from '../cases/hear-case-event.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import type { CompiledPlan } from '../tracking/compile-tracking-plan.ts'
import { planTraits } from '../tracking/planned-traits.ts'
import { readEmail } from './email-address.ts'
import { readPhone } from './phone-number.ts'
import { readCountry, readLanguage, readZone } from './read-locale.ts'
import { readName } from './read-name.ts'
import type { TraitFlag, TraitReading } from './trait-reading.ts'
import { ruleOf, type TraitRule } from './trait-rules.ts'

/** What is wrong or odd about a value that somebody said. */
export interface TraitFinding {
  readonly trait: string
  /** `setAside`: not taken into the profile. `flagged`: taken, and worth a look. */
  readonly kind: 'setAside' | 'flagged'
  readonly problem: string
  /** What was said, where it was set aside; a flagged value is in the profile. */
  readonly value: JsonValue
  /** What was probably meant. Never taken silently. */
  readonly suggestion: string | null
}

export interface CleanedTraits {
  /** What goes on into the profile, normalised; `said` itself where there is nothing to judge. */
  readonly kept: JsonObject
  readonly findings: readonly TraitFinding[]
  /** Judged traits that are good now, or were taken away: what was held against them before is over. */
  readonly settled: readonly string[]
}

/** What published rules say about all traits. */
export interface TraitDoor {
  /** Of phone numbers without a country, where the customer has none. ISO 3166 alpha-2. */
  readonly defaultRegion?: string | undefined
  /** What the tracking plan says of values. Absent: nothing. */
  readonly judgeTrait?: CompiledPlan['judgeTrait'] | undefined
}

export interface CleanContext extends TraitDoor {
  /** The profile so far. */
  readonly before: JsonObject
}

/** Where a country hides in an address, as a finding names it. */
export const ADDRESS_COUNTRY = 'address.country'

/**
 * What of said traits is taken into the profile. Those with a rule (`trait-rules.ts`) are normalised; what cannot
 * be read, or that the tracking plan does not allow, is set aside, so that it never takes the place of a good value.
 * Null takes a trait away, as ever.
 *
 * Pure, and the same answer for the same words: ingest, simulator and backtest all ask here.
 */
export function cleanTraits(said: JsonObject, context: CleanContext): CleanedTraits {
  const { said: others, findings } = withoutReckoned(said)
  const cleaned = readTraits(others, context)
  const { judgeTrait = null } = context
  const planned = judgeTrait === null ? cleaned : planTraits(others, cleaned, judgeTrait)
  return findings.length === 0
    ? planned
    : { ...planned, findings: [...findings, ...planned.findings] }
}

/** Traits that nobody says: they are reckoned. */
const RECKONED_TRAITS: ReadonlySet<string> = new Set([...CASE_TRAITS, TOUCHPOINTS_TRAIT])

function withoutReckoned(said: JsonObject): Pick<CleanedTraits, 'findings'> & { said: JsonObject } {
  const names = Object.keys(said).filter((name) => RECKONED_TRAITS.has(name))
  if (names.length === 0) return { said, findings: [] }
  return {
    said: Object.fromEntries(Object.entries(said).filter(([name]) => !RECKONED_TRAITS.has(name))),
    findings: names.map((trait) => ({
      trait,
      kind: 'setAside',
      problem: 'reckoned',
      value: said[trait] ?? null,
      suggestion: null,
    })),
  }
}

function readTraits(said: JsonObject, context: CleanContext): CleanedTraits {
  const names = Object.keys(said).filter((name) => ruleOf(name) !== undefined)
  const hasAddress = isObject(said['address']) && said['address']['country'] !== undefined
  if (names.length === 0 && !hasAddress) return { kept: said, findings: [], settled: [] }

  const kept = new Map(Object.entries(said))
  const findings: TraitFinding[] = []
  const settled: string[] = []
  const judge = (trait: string, value: JsonValue, reading: TraitReading): string | undefined => {
    findings.push(...findingsOf(trait, value, reading))
    if (!reading.ok) return undefined
    settled.push(trait)
    return reading.value
  }

  if (hasAddress && isObject(said['address'])) {
    const { country = null, ...rest } = said['address']
    const read =
      country === null ? undefined : judge(ADDRESS_COUNTRY, country, readAs('country', country))
    kept.set('address', read === undefined ? rest : { ...rest, country: read })
  }
  // Countries first: a phone number is read as one of the customer's country.
  for (const name of names.toSorted(byCountryFirst)) {
    const value = said[name] ?? null
    const rule = ruleOf(name)
    if (rule === undefined) continue
    if (value === null) {
      settled.push(name)
      continue
    }
    const region = () => regionOf(Object.fromEntries(kept), context)
    const read = judge(name, value, readAs(rule, value, region))
    if (read === undefined) kept.delete(name)
    else kept.set(name, read)
  }
  return { kept: Object.fromEntries(kept), findings, settled }
}

const byCountryFirst = (one: string, other: string): number =>
  Number(ruleOf(other) === 'country') - Number(ruleOf(one) === 'country')

function readAs(
  rule: TraitRule,
  value: JsonValue,
  region?: () => string | undefined,
): TraitReading {
  // Numbers of phones come as numbers from people who keep them so.
  const text = rule === 'phone' && typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') return { ok: false, problem: 'not_text' }
  switch (rule) {
    case 'email':
      return emailReading(text)
    case 'phone': {
      const read = readPhone(text, { region: region?.() })
      return read.ok ? { ok: true, value: read.e164 } : read
    }
    case 'name':
      return readName(text)
    case 'language':
      return readLanguage(text)
    case 'country':
      return readCountry(text)
    case 'zone':
      return readZone(text)
  }
}

function emailReading(text: string): TraitReading {
  const read = readEmail(text)
  if (!read.ok) return read
  const flags: TraitFlag[] = []
  if (read.disposable) flags.push({ problem: 'disposable', suggestion: null })
  if (read.role) flags.push({ problem: 'role_address', suggestion: null })
  if (read.suggestion !== null)
    flags.push({ problem: 'mistyped_domain', suggestion: read.suggestion })
  return { ok: true, value: read.address, flags }
}

function findingsOf(trait: string, value: JsonValue, reading: TraitReading): TraitFinding[] {
  if (!reading.ok) {
    const { problem, suggestion = null } = reading
    return [{ trait, kind: 'setAside', problem, value, suggestion }]
  }
  return (reading.flags ?? []).map((flag) => ({ trait, kind: 'flagged', value: null, ...flag }))
}

/** Where the customer lives: as said now, as known before, as the workspace says. */
function regionOf(said: JsonObject, { before, defaultRegion }: CleanContext): string | undefined {
  return countryIn(said) ?? countryIn(before) ?? defaultRegion
}

function countryIn(traits: JsonObject): string | undefined {
  const address = traits['address']
  const named =
    own(traits, 'country') ??
    own(traits, 'countryCode') ??
    (isObject(address) ? address['country'] : undefined)
  if (typeof named !== 'string') return undefined
  const read = readCountry(named)
  return read.ok ? read.value : undefined
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
