import type { ContactRules } from '../contact/policy.ts'
import { customerReads, policyReads } from '../contact/policy-reads.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import { RETURN_EVENT } from '../customers/returned.ts'
import type { Finding } from '../errors.ts'
import { formulasReached } from '../facts/fact-reads.ts'
import type { Formulas } from '../facts/fact-rules.ts'
import { compileEntry } from './compile.ts'
import { utf8Length } from './definition-limits.ts'
import type { EntryRule, Journey } from './journey.ts'
import { partsOf } from './journey-parts.ts'
import { addEventReads, readsOf, type EventReads } from './journey-reads.ts'
import { eventsLettingIn } from './requested-entry.ts'
import type { BookArbitration, KeptEvent, PropertyShape, RuleBook } from './rule-book.ts'
import { own } from '../own.ts'

const RULE_BOOK_BYTES_MAX = 32 * 1024
/** Where `returned(id)` finds its ids; see `returnedIds`. */
const RETURN_PROPERTIES = { order_id: true, products: { product_id: true } } as const

export interface BookVersion {
  readonly journey: Journey
  readonly version: number
  readonly hash: string
  /** Takes new entries. Others are there because somebody is still inside. */
  readonly live: boolean
  /** Whoever is inside is to leave. */
  readonly stopped?: boolean
}

export interface BookInput {
  readonly journeys: readonly BookVersion[]
  readonly lifecycle: LifecycleRules
  /** What stands beside the journeys. Absent: none was published. */
  readonly contact?: ContactRules | undefined
  readonly arbitration?: BookArbitration | undefined
  /** Formulas of all facts in force. Absent: there are none. */
  readonly facts?: Formulas | undefined
  /** The book in force until now. */
  readonly previous: RuleBook | null
  /** Number of this publication. */
  readonly publication: number
}

/**
 * The rule book of all versions that have or may get runs. Two compilations of the same rules are
 * alike to the byte: names are sorted, and what was named before keeps its `since`. What no rule uses
 * is left out, so that a new release alone does not change a book.
 */
export function compileRuleBook(input: BookInput): Omit<RuleBook, 'hash'> {
  const { journeys, lifecycle, contact, arbitration, previous, publication } = input
  const named = [
    ...journeys.map(({ journey }) => readsOf(partsOf(journey))),
    ...(contact === undefined ? [] : policyReads(contact)),
    customerReads((arbitration?.context ?? []).map(({ when }) => when)),
  ]
  const facts = formulasReached(
    named.flatMap((each) => [...each.facts]),
    input.facts ?? {},
  )
  const reads = [...named, customerReads(Object.values(facts))]
  const live = liveEntries(journeys)
  const entriesOn = (kind: 'lifecycle' | 'date' | 'ended') =>
    live.filter(({ entry }) => entry.on.some((trigger) => kind in trigger))
  const since = (names: Iterable<string>, before: RuleBook['traits'] | undefined) =>
    Object.fromEntries(
      sorted(new Set(names)).map((name) => [
        name,
        { since: own(before, name)?.since ?? publication },
      ]),
    )
  return {
    events: keptEvents(reads, input),
    traits: since(
      reads.flatMap(({ traits }) => [...traits]),
      previous?.traits,
    ),
    presence: since(
      reads.flatMap(({ presence }) => [...presence]),
      previous?.presence,
    ),
    ...unlessEmpty(
      'dates',
      since(
        reads.flatMap(({ dates }) => [...dates]),
        previous?.dates,
      ),
    ),
    lifecycle,
    lifecycleEntries: entriesOn('lifecycle'),
    ...unlessEmpty('dateEntries', entriesOn('date')),
    ...unlessEmpty('endEntries', entriesOn('ended')),
    ...unlessEmpty('stopped', stoppedHashes(journeys)),
    ...(contact === undefined ? {} : { contact }),
    ...(arbitration === undefined ? {} : { arbitration }),
    ...unlessEmpty('facts', facts),
  }
}

function unlessEmpty<K extends string, T extends object>(name: K, value: T): { [key in K]?: T } {
  return Object.keys(value).length === 0 ? {} : ({ [name]: value } as { [key in K]: T })
}

/** Not those whose content was published again: who is inside the newer version stays. */
function stoppedHashes(journeys: readonly BookVersion[]): string[] {
  const others = new Set(journeys.filter(({ stopped }) => stopped !== true).map(({ hash }) => hash))
  const hashes = journeys.filter(({ stopped, hash }) => stopped === true && !others.has(hash))
  return sorted(new Set(hashes.map(({ hash }) => hash)))
}

/** Event name → entry rules of live versions that it could trigger. */
export function compileEntryRules(journeys: readonly BookVersion[]): Record<string, EntryRule[]> {
  const rules = new Map<string, EntryRule[]>()
  for (const rule of liveEntries(journeys))
    for (const name of eventsLettingIn(rule.entry))
      rules.set(name, [...(rules.get(name) ?? []), rule])
  return Object.fromEntries(rules)
}

/** What keeps a book from being published. */
export function bookFindings(book: Omit<RuleBook, 'hash'>): Finding[] {
  const bytes = utf8Length(JSON.stringify(book))
  if (bytes <= RULE_BOOK_BYTES_MAX) return []
  return [
    {
      code: 'rule_book_too_large',
      path: '',
      message: `With this the rules that every customer's actor holds would take ${Math.ceil(bytes / 1024)} KB, and at most ${RULE_BOOK_BYTES_MAX / 1024} KB fit; name fewer events, properties and traits, or shorten entries on a lifecycle change, contact policy and arbitration rules.`,
      severity: 'error',
    },
  ]
}

/**
 * Every event that some rule names. A counter starts anew, over all stored events, where until now
 * none was kept or what it adds up was another property.
 */
function keptEvents(
  reads: readonly { events: ReadonlyMap<string, EventReads>; usesReturned: boolean }[],
  { lifecycle, previous, publication }: BookInput,
): Record<string, KeptEvent> {
  const events = new Map<string, EventReads>()
  const { purchase, engagement, registration } = lifecycle
  addEventReads(events, purchase.event, { properties: { [purchase.value]: true }, counted: true })
  for (const name of [...engagement, ...registration])
    addEventReads(events, name, { counted: true })
  for (const journey of reads)
    for (const [name, read] of journey.events) addEventReads(events, name, read)
  if (reads.some(({ usesReturned }) => usesReturned))
    addEventReads(events, RETURN_EVENT, { properties: RETURN_PROPERTIES, counted: true })

  return Object.fromEntries(
    sorted(events.keys()).map((name) => {
      const { properties, counted } = events.get(name) ?? { properties: {}, counted: false }
      const before = own(previous?.events, name)
      const isContinued =
        before !== undefined &&
        (!counted || before.counted) &&
        (name !== purchase.event || isSamePurchase(previous, lifecycle)) &&
        (name !== RETURN_EVENT || namesReturns(before.properties) || !namesReturns(properties))
      return [name, { since: isContinued ? before.since : publication, properties, counted }]
    }),
  )
}

function isSamePurchase(previous: RuleBook | null, { purchase }: LifecycleRules): boolean {
  const before = previous?.lifecycle.purchase
  return before?.event === purchase.event && before.value === purchase.value
}

function namesReturns(properties: PropertyShape): boolean {
  return 'order_id' in properties && 'products' in properties
}

function liveEntries(journeys: readonly BookVersion[]): EntryRule[] {
  return journeys
    .filter(({ live }) => live)
    .toSorted((a, b) => (a.journey.key < b.journey.key ? -1 : 1))
    .map(({ journey, version, hash }) => compileEntry(journey, version, hash))
}

function sorted(names: Iterable<string>): string[] {
  return [...names].toSorted()
}
