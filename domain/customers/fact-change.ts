import { EMAIL_OR_PHONE, PUSH_DEVICE } from '../channels/address-trait.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { isSameJson } from '../same-json.ts'
import type { FactChange } from '../actor/inputs.ts'
import { readDateFact } from './date-facts.ts'
import { own } from '../own.ts'

/** What ingest knows of a customer, personal traits included. Stays in SQL; facts are what leaves it. */
export interface Profile {
  readonly traits: JsonObject
  readonly known: boolean
  readonly zone: string
  /** Whether there is a device that can be pushed to. */
  readonly hasDevice?: boolean
}

/** Either of them is what an advertising platform knows a customer by. */
const ADDRESSES: readonly string[] = ['email', 'phone']

/** Presence facts that every actor has, whatever the book says. Addresses of other channels are kept once a journey uses the channel. */
export const ALWAYS_ASKED: readonly string[] = ['email']

/**
 * What of a changed profile an actor must learn: values of traits that conditions read, whether
 * others exist, dates that something is reckoned from, and whether the customer became known or moved. Null when nothing of it changed.
 */
export function factChange(before: Profile, after: Profile, book: RuleBook): FactChange | null {
  const traits: [string, JsonValue][] = []
  for (const name of Object.keys(book.traits)) {
    const value = traitOf(after, name)
    if (!isSameJson(traitOf(before, name), value)) traits.push([name, value ?? null])
  }
  const has: [string, boolean][] = []
  for (const name of askedFor(book)) {
    const is = isThere(after, name)
    if (isThere(before, name) !== is) has.push([name, is])
  }
  const dates: [string, string | null][] = []
  for (const name of Object.keys(book.dates ?? {})) {
    const date = readDateFact(name, traitOf(after, name))
    if (readDateFact(name, traitOf(before, name)) !== date) dates.push([name, date])
  }
  const becameKnown = after.known && !before.known
  const moved = after.zone !== before.zone
  const isSame = traits.length === 0 && has.length === 0 && dates.length === 0
  if (isSame && !becameKnown && !moved) return null
  return toFactChange({ traits, has, dates }, becameKnown, moved ? after.zone : undefined)
}

/** All that an actor must know of a profile when it hears of the customer for the first time. */
export function currentFacts(profile: Profile, book: RuleBook): FactChange {
  const traits: [string, JsonValue][] = []
  for (const name of Object.keys(book.traits)) {
    const value = traitOf(profile, name)
    if (value !== undefined) traits.push([name, value])
  }
  const has: [string, boolean][] = []
  for (const name of askedFor(book)) if (isThere(profile, name)) has.push([name, true])
  const dates: [string, string][] = []
  for (const name of Object.keys(book.dates ?? {})) {
    const date = readDateFact(name, traitOf(profile, name))
    if (date !== null) dates.push([name, date])
  }
  return toFactChange({ traits, has, dates }, profile.known, profile.zone)
}

/** What of traits that a journey sets an actor must learn. */
export function factsSet(set: Readonly<Record<string, JsonValue>>, book: RuleBook): FactChange {
  const names = Object.keys(set)
  const valuesOf = (known: object | undefined) =>
    names.filter((name) => known !== undefined && Object.hasOwn(known, name))
  return {
    traits: Object.fromEntries(valuesOf(book.traits).map((name) => [name, set[name] ?? null])),
    has: Object.fromEntries([
      ...names
        .filter((name) => askedFor(book).has(name))
        .map((name) => [name, isPresent(set[name])] as const),
      // One that is taken away says nothing of the other.
      ...(askedFor(book).has(EMAIL_OR_PHONE) && ADDRESSES.some((name) => isPresent(set[name]))
        ? [[EMAIL_OR_PHONE, true] as const]
        : []),
    ]),
    dates: Object.fromEntries(
      valuesOf(book.dates).map((name) => [name, readDateFact(name, set[name])]),
    ),
  }
}

const traitOf = (profile: Profile, name: string): JsonValue | undefined => own(profile.traits, name)

function isThere(profile: Profile, name: string): boolean {
  if (name === PUSH_DEVICE) return profile.hasDevice === true
  const names = name === EMAIL_OR_PHONE ? ADDRESSES : [name]
  return names.some((each) => isPresent(traitOf(profile, each)))
}

const isPresent = (value: JsonValue | undefined): boolean =>
  value !== undefined && value !== null && value !== ''

const askedFor = (book: RuleBook): Set<string> =>
  new Set([...ALWAYS_ASKED, ...Object.keys(book.presence)])

const toFactChange = (
  facts: {
    readonly traits: readonly (readonly [string, JsonValue])[]
    readonly has: readonly (readonly [string, boolean])[]
    readonly dates: readonly (readonly [string, string | null])[]
  },
  known: boolean,
  zone: string | undefined,
): FactChange => ({
  ...(facts.traits.length === 0 ? {} : { traits: Object.fromEntries(facts.traits) }),
  ...(facts.has.length === 0 ? {} : { has: Object.fromEntries(facts.has) }),
  ...(facts.dates.length === 0 ? {} : { dates: Object.fromEntries(facts.dates) }),
  ...(known ? { known: true as const } : {}),
  ...(zone === undefined ? {} : { zone }),
})
