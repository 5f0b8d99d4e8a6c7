import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { insertFirstRuleBook, lockRuleBook, upsertRuleBook } from '../../db/rule-books.ts'
import type { Database } from '../../db/schema.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../domain/customers/lifecycle-rules.ts'
import type { EntryRule } from '../../domain/journeys/journey.ts'
import type { PropertyShape, RuleBook } from '../../domain/journeys/rule-book.ts'

export interface BookNames {
  readonly events?: Readonly<Record<string, PropertyShape>>
  readonly traits?: readonly string[]
  readonly presence?: readonly string[]
}

/** A rule book that names these events and traits and nothing else. */
export function bookOf({ events = {}, traits = [], presence = [] }: BookNames): RuleBook {
  const since = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, { since: 1 }]))
  return {
    hash: randomUUID(),
    events: Object.fromEntries(
      Object.entries(events).map(([name, properties]) => [
        name,
        { since: 1, properties, counted: true },
      ]),
    ),
    traits: since(traits),
    presence: since(presence),
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    lifecycleEntries: [],
  }
}

/** Puts such a book in force, as a publication would. `whileLocked` runs before it commits. */
export async function putInForce(
  db: Kysely<Database>,
  names: BookNames,
  entryRules: Record<string, EntryRule[]> = {},
  whileLocked: () => Promise<void> = async () => {},
): Promise<RuleBook> {
  const book = bookOf(names)
  await insertFirstRuleBook(db, { publication: 1, book, entryRules })
  await db.transaction().execute(async (trx) => {
    const inForce = await lockRuleBook(trx)
    const publication = (inForce?.publication ?? 0) + 1
    await upsertRuleBook(trx, { publication, book, entryRules })
    await whileLocked()
  })
  return book
}

/** An entry rule of which only the journey and its trigger matter. */
export const entryRule = (journey: string, event: string): EntryRule => ({
  journey,
  version: 1,
  hash: `hash of ${journey}`,
  class: 'marketing',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event }] },
  channels: ['email'],
})
