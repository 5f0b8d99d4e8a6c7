import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { isSameJson } from '../same-json.ts'
import type { FactChange } from '../actor/inputs.ts'

/** What ingest knows of a customer, personal traits included. Stays in SQL; facts are what leaves it. */
export interface Profile {
  readonly traits: JsonObject
  readonly known: boolean
  readonly zone: string
}

/** Presence facts that every actor has, whatever the book says: the gate asks for an address. */
const ALWAYS_ASKED = ['email'] as const

/** Traits after an event said more about them. Shallow, as callers know it; null takes a trait away. */
export function mergeTraits(traits: JsonObject, said: JsonObject): JsonObject {
  const merged = new Map(Object.entries(traits))
  for (const [name, value] of Object.entries(said)) {
    if (value === null) merged.delete(name)
    else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

/**
 * What of a changed profile an actor must learn: values of traits that conditions read, whether
 * others exist, and whether the customer became known or moved. Null when nothing of it changed.
 */
export function factChange(before: Profile, after: Profile, book: RuleBook): FactChange | null {
  const traits: [string, JsonValue][] = []
  for (const name of Object.keys(book.traits)) {
    const value = traitOf(after, name)
    if (!isSameJson(traitOf(before, name), value)) traits.push([name, value ?? null])
  }
  const has: [string, boolean][] = []
  for (const name of askedFor(book)) {
    const is = isPresent(traitOf(after, name))
    if (isPresent(traitOf(before, name)) !== is) has.push([name, is])
  }
  const becameKnown = after.known && !before.known
  const moved = after.zone !== before.zone
  if (traits.length === 0 && has.length === 0 && !becameKnown && !moved) return null
  return toFactChange(traits, has, becameKnown, moved ? after.zone : undefined)
}

/** All that an actor must know of a profile when it hears of the customer for the first time. */
export function currentFacts(profile: Profile, book: RuleBook): FactChange {
  const traits: [string, JsonValue][] = []
  for (const name of Object.keys(book.traits)) {
    const value = traitOf(profile, name)
    if (value !== undefined) traits.push([name, value])
  }
  const has: [string, boolean][] = []
  for (const name of askedFor(book)) if (isPresent(traitOf(profile, name))) has.push([name, true])
  return toFactChange(traits, has, profile.known, profile.zone)
}

const traitOf = (profile: Profile, name: string): JsonValue | undefined =>
  Object.hasOwn(profile.traits, name) ? profile.traits[name] : undefined

const isPresent = (value: JsonValue | undefined): boolean =>
  value !== undefined && value !== null && value !== ''

const askedFor = (book: RuleBook): Set<string> =>
  new Set([...ALWAYS_ASKED, ...Object.keys(book.presence)])

const toFactChange = (
  traits: [string, JsonValue][],
  has: [string, boolean][],
  known: boolean,
  zone: string | undefined,
): FactChange => ({
  ...(traits.length === 0 ? {} : { traits: Object.fromEntries(traits) }),
  ...(has.length === 0 ? {} : { has: Object.fromEntries(has) }),
  ...(known ? { known: true as const } : {}),
  ...(zone === undefined ? {} : { zone }),
})
