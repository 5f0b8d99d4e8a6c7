import type { Kysely, Transaction } from 'kysely'
import {
  getRuleBook,
  getRuleBookInForce,
  lockRuleBookShared,
  type RuleBookRow,
} from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'

/** The rules in force as ingest and dispatch see them. Asks which book it is each time; a book is read once. */
export interface PublishedRules {
  /** The book in force, which stays in force until `trx` ends. */
  readonly lockBook: (trx: Transaction<Database>) => Promise<RuleBook>
  /** The book in force with the entry rules that belong to it. */
  readonly getRules: (
    db: Kysely<Database>,
  ) => Promise<{ book: RuleBook; entryRules: RuleBookRow['entry_rules'] }>
}

/** A view of the published rules for one process. Keeps the newest book in memory. */
export function createPublishedRules(): PublishedRules {
  let newest: RuleBook | undefined
  const bookOf = async (db: Kysely<Database>, hash: string): Promise<RuleBook> => {
    if (newest?.hash === hash) return newest
    newest = await getRuleBook(db, hash)
    return newest
  }
  return {
    lockBook: async (trx) => bookOf(trx, await lockRuleBookShared(trx)),
    getRules: async (db) => {
      const row = await getRuleBookInForce(db)
      return { book: await bookOf(db, row.hash), entryRules: row.entry_rules }
    },
  }
}
