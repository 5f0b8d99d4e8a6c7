import type { Kysely } from 'kysely'
import { findProfile } from './stored-customers.ts'
import { listVersionsByHash } from './journey-versions.ts'
import { getRuleBook } from './rule-book-in-force.ts'
import type { Database } from './schema.ts'
import { listStoredContacts } from './stored-contacts.ts'
import {
  listStoredCounters,
  listStoredReturns,
  listStoredValues,
  type StoredPart,
} from './stored-facts.ts'
import { INSTANTS_MAX, type LoadRequest } from '../domain/actor/customer-state.ts'
import { currentFacts } from '../domain/customers/fact-change.ts'
import { minorUnits, missingFacts, type MissingFacts } from '../domain/customers/facts.ts'
import type { StoredFacts } from '../domain/customers/stored-facts.ts'
import type { FactChange, Loaded } from '../domain/actor/inputs.ts'
import { RETURN_EVENT, returnedIds } from '../domain/customers/returned.ts'
import { pastOf } from '../domain/contact/fatigue.ts'
import { invariant } from '../domain/errors.ts'
import { compileRun } from '../domain/journeys/compile.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'

const NOTHING_STORED: StoredFacts = {
  events: {},
  traits: {},
  has: {},
  returned: [],
  returnedAtMs: [],
}

/**
 * What one actor asks for: the book, definitions, and the past of what the book newly names.
 *
 * @param bookOf for callers who have books at hand
 */
export async function listLoadedRules(
  db: Kysely<Database>,
  { customerId, request }: { readonly customerId: string; readonly request: LoadRequest },
  bookOf: (hash: string) => Promise<RuleBook> = (hash) => getRuleBook(db, hash),
): Promise<Loaded> {
  const book = request.bookHash === null ? null : await bookOf(request.bookHash)
  const versions = await listVersionsByHash(db, request.definitions)
  return {
    book,
    definitions: versions.map(({ journey, version, hash }) => compileRun(journey, version, hash)),
    ...(book === null ? NOTHING_STORED : await loadFacts(db, customerId, book, request)),
    ...(request.unites === undefined ? {} : { unites: request.unites }),
  }
}

async function loadFacts(
  db: Kysely<Database>,
  customerId: string,
  book: RuleBook,
  { known, throughBatch, recalled = [] }: LoadRequest,
): Promise<StoredFacts> {
  const unknown = (book.contact?.fatigue ?? []).filter((rule) => !recalled.includes(pastOf(rule)))
  const contacts = await listStoredContacts(db, customerId, unknown)
  const missing = missingFacts(known, book)
  const part = { customerId, throughBatch }
  return {
    events: await loadCounters(db, part, book, missing.events),
    ...(await loadTraits(db, customerId, book, missing)),
    ...(await loadReturns(db, part, missing.events)),
    ...(contacts.length === 0 ? {} : { contacts }),
  }
}

/** A count is over all stored events, also those that were filtered when nobody asked for them. */
async function loadCounters(
  db: Kysely<Database>,
  part: StoredPart,
  book: RuleBook,
  names: readonly string[],
): Promise<Loaded['events']> {
  const counters = await listStoredCounters(db, part, { names, recentMax: INSTANTS_MAX })
  const { event: purchase, value: property } = book.lifecycle.purchase
  const values = names.includes(purchase)
    ? await listStoredValues(db, part, { name: purchase, property })
    : []
  const worthMinor = values.reduce<number>((sum, value) => sum + minorUnits(value), 0)
  return Object.fromEntries(
    counters.map(({ name, total, recentMs }) => [
      name,
      { total, recentMs, valueMinor: name === purchase ? worthMinor : 0 },
    ]),
  )
}

async function loadTraits(
  db: Kysely<Database>,
  customerId: string,
  book: RuleBook,
  { traits, presence, dates }: MissingFacts,
): Promise<Pick<Loaded, 'traits' | 'has' | 'dates'>> {
  if (traits.length + presence.length + dates.length === 0) return { traits: {}, has: {} }
  const profile = await findProfile(db, customerId)
  invariant(profile !== undefined, `customer ${customerId} has a row while its actor lives`)
  const current = currentFacts(profile, book)
  return {
    traits: pick(current.traits ?? {}, traits),
    has: pick(current.has ?? {}, presence),
    ...(dates.length === 0 ? {} : { dates: pick(known(current.dates), dates) }),
  }
}

async function loadReturns(
  db: Kysely<Database>,
  part: StoredPart,
  names: readonly string[],
): Promise<Pick<Loaded, 'returned' | 'returnedAtMs'>> {
  if (!names.includes(RETURN_EVENT)) return { returned: [], returnedAtMs: [] }
  const returns = await listStoredReturns(db, part, RETURN_EVENT)
  const items = returns.flatMap(({ occurredAtMs, properties }) =>
    returnedIds(properties).map((id) => ({ id, occurredAtMs })),
  )
  return {
    returned: items.map(({ id }) => id),
    returnedAtMs: items.map(({ occurredAtMs }) => occurredAtMs),
  }
}

function known(dates: FactChange['dates'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dates).flatMap(([name, date]) => (date === null ? [] : [[name, date]])),
  )
}

function pick<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name)))
}
