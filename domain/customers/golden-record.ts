import { canonicalJson } from '../canonical-json.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { isSameJson } from '../same-json.ts'
import { seenAtMs, TOUCHPOINTS_TRAIT, unitedTouchpoints } from '../touchpoints/seen-touchpoints.ts'
import type { Profile } from './fact-change.ts'

/** Who said something, and when it was so, epoch milliseconds on the customer's clock. */
export interface Said {
  readonly atMs: number
  readonly source: string
}

/** What was said of one trait. Null: that there is none. */
export interface TraitStatement extends Said {
  readonly value: JsonValue
}

/** Where the value of a trait comes from; of one that the profile does not hold, who took it away. */
export interface TraitOrigin extends Said {
  /** Newer and shorter statements, and the newest removal, where the longest text holds. Absent: none. */
  readonly behind?: readonly TraitStatement[]
}

export type TraitOrigins = Readonly<Record<string, TraitOrigin>>

/**
 * Which of two statements about a trait holds. `latest`: the one that happened later. `longest`: the
 * longer text of what was said since the trait was last taken away. `sources`: that of the more trusted
 * source, most trusted first; all that are not named are trusted least.
 */
export type TraitPrecedence = 'latest' | 'longest' | { readonly sources: readonly string[] }

/** By the name of the trait; `*` is for all others. Default: `latest`. */
export type TraitRules = Readonly<Record<string, TraitPrecedence>>

/** Where nothing was published. */
export const DEFAULT_TRAIT_RULES: TraitRules = { '*': 'latest' }

/** Traits, and where each comes from. One without an origin was there before origins were kept. */
export interface GoldenTraits {
  readonly traits: JsonObject
  readonly origins: TraitOrigins
}

/** A profile that knows where its traits come from. */
export interface GoldenProfile extends Profile, GoldenTraits {}

/** Older than all that can be said: of traits without an origin. The first instant of a `Date`. */
const UNKNOWN: Said = { atMs: -8.64e15, source: '' }

/** What `update` steps set in one turn. */
export interface TraitsOfJourneys {
  readonly traits: JsonObject
  readonly by: Readonly<Record<string, string>> | undefined
  readonly atMs: number
}

/** Whether somebody is known to have said it. */
export const isKnownOrigin = ({ atMs }: Said): boolean => atMs !== UNKNOWN.atMs

/**
 * Traits after somebody said more about them: shallow, null takes a trait away. `before` itself where that
 * changes nothing.
 *
 * I1  In whichever order the same is said, and however often, the same holds.
 * I2  A removal is remembered: what is older does not bring the trait back.
 */
export function mergeTraitsWithOrigins<P extends GoldenTraits>(
  before: P,
  said: JsonObject,
  { atMs, source }: Said,
  rules: TraitRules,
): P {
  const changed = Object.entries(said).flatMap(([name, value]): [string, TraitStatement[]][] => {
    const known = statementsOf(before, name)
    const kept = whatHolds([...known, { value, atMs, source }], ruleFor(rules, name))
    return isSame(known, kept) ? [] : [[name, kept]]
  })
  return changed.length === 0 ? before : { ...before, ...withStatements(before, changed) }
}

/** Traits after journeys set some of them in a turn at that instant. `by`: which journey set which. */
export function mergeTraitsOfJourneys<P extends GoldenTraits>(
  before: P,
  { traits, by = {}, atMs }: TraitsOfJourneys,
  rules: TraitRules,
): P {
  return Object.entries(traits).reduce((profile, [name, value]) => {
    const source = `journey:${own(by, name) ?? ''}`
    return mergeTraitsWithOrigins(
      profile,
      Object.fromEntries([[name, value]]),
      { atMs, source },
      rules,
    )
  }, before)
}

/**
 * What is known of a customer when another one turned out to be the same person. The same whichever of the
 * two stays.
 */
export function mergeProfiles(
  winner: GoldenProfile,
  loser: GoldenProfile,
  rules: TraitRules,
): GoldenProfile {
  const names = [loser.traits, loser.origins].flatMap(Object.keys)
  const merged = [...new Set(names)].map((name): [string, TraitStatement[]] => {
    const all = [...statementsOf(winner, name), ...statementsOf(loser, name)]
    return [name, whatHolds(all, ruleFor(rules, name))]
  })
  const golden = withTouchpoints(withStatements(winner, merged), winner, loser)
  return {
    ...golden,
    known: winner.known || loser.known,
    zone: zoneOf(golden.traits, [winner.zone, loser.zone]),
  }
}

/** Where both were seen is where the one was: no statement of one alone says that. */
function withTouchpoints(merged: GoldenTraits, ...[one, other]: [GoldenTraits, GoldenTraits]) {
  const [a, b] = [one, other].map(({ traits }) => own(traits, TOUCHPOINTS_TRAIT))
  if (a === undefined || b === undefined) return merged
  const united = unitedTouchpoints(a, b)
  return withReckoned(merged, { [TOUCHPOINTS_TRAIT]: united }, seenAtMs(united))
}

/** Who says what is reckoned from all that was heard. */
const RECKONED = 'rumbo'

/**
 * Traits after some were reckoned anew, which is all that is to be known of them: what was reckoned before
 * counts no more, whatever its instant. `before` itself where nothing is different.
 */
export function withReckoned<P extends GoldenTraits>(
  before: P,
  reckoned: JsonObject,
  atMs: number,
): P {
  const changed = Object.entries(reckoned).filter(
    ([name, value]) => !isSameJson(own(before.traits, name) ?? null, value),
  )
  if (changed.length === 0) return before
  const statements = changed.map(([name, value]): [string, TraitStatement[]] => [
    name,
    [{ value, atMs, source: RECKONED }],
  ])
  return { ...before, ...withStatements(before, statements) }
}

const ruleFor = (rules: TraitRules, name: string): TraitPrecedence =>
  own(rules, name) ?? own(rules, '*') ?? 'latest'

/** What is remembered of a trait, what holds first. */
function statementsOf({ traits, origins }: GoldenTraits, name: string): TraitStatement[] {
  const value = own(traits, name)
  const origin = own(origins, name)
  if (origin === undefined) return value === undefined ? [] : [{ value, ...UNKNOWN }]
  const { behind = [], ...said } = origin
  return [{ value: value ?? null, ...said }, ...behind]
}

function withStatements(
  { traits, origins }: GoldenTraits,
  merged: readonly (readonly [string, readonly TraitStatement[]])[],
): GoldenTraits {
  const values = new Map(Object.entries(traits))
  const from = new Map(Object.entries(origins))
  for (const [name, [holds, ...behind]] of merged) {
    if (holds === undefined) continue
    const { value, ...said } = holds
    if (value === null) values.delete(name)
    else values.set(name, value)
    if (behind.length > 0) from.set(name, { ...said, behind })
    else if (isKnownOrigin(said)) from.set(name, said)
  }
  return { traits: Object.fromEntries(values), origins: Object.fromEntries(from) }
}

/** As many of the statements as can ever matter again, what holds first: one, but for the longest text. */
function whatHolds(statements: readonly TraitStatement[], rule: TraitPrecedence): TraitStatement[] {
  if (rule === 'longest') return longest(statements)
  const rank = (source: string): number => {
    const index = rule === 'latest' ? -1 : rule.sources.indexOf(source)
    return index === -1 ? Infinity : index
  }
  return statements
    .toSorted((a, b) => compare(rank(a.source), rank(b.source)) || byNewest(a, b))
    .slice(0, 1)
}

/**
 * The longest text since the newest removal. What is newer and shorter stays behind it, for the day on which
 * a removal comes to light that is older than that; the removal stays, for what is older still.
 */
function longest(statements: readonly TraitStatement[]): TraitStatement[] {
  const kept: TraitStatement[] = []
  let length = -1
  for (const statement of statements.toSorted(byNewest)) {
    if (statement.value === null) return [...kept, statement]
    if (lengthOf(statement.value) <= length) continue
    length = lengthOf(statement.value)
    kept.unshift(statement)
  }
  return kept
}

const lengthOf = (value: JsonValue): number =>
  (typeof value === 'string' ? value : canonicalJson(value)).length

/** A total order, so that the order of arrival never matters. */
const byNewest = (a: TraitStatement, b: TraitStatement): number =>
  compare(b.atMs, a.atMs) ||
  compare(b.source, a.source) ||
  compare(canonicalJson(b.value), canonicalJson(a.value))

const compare = <T extends number | string>(a: T, b: T): number => (a === b ? 0 : a < b ? -1 : 1)

const isSame = (some: readonly TraitStatement[], others: readonly TraitStatement[]): boolean =>
  some.length === others.length &&
  some.every((each, index) => {
    const other = others[index]
    return other !== undefined && byNewest(each, other) === 0
  })

/** UTC stands for no zone. Of two the one that the customer declared; devices' zones have no instant to go by. */
function zoneOf(traits: JsonObject, zones: readonly string[]): string {
  const named = zones.filter((zone) => zone !== 'UTC').toSorted()
  return named.find((zone) => zone === own(traits, 'timezone')) ?? named[0] ?? 'UTC'
}
