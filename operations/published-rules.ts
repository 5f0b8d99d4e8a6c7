import type { Kysely, Transaction } from 'kysely'
import {
  getRuleBook,
  getRuleBookInForce,
  lockRuleBookShared,
  lockRulesShared,
  type RuleBookRow,
} from '../db/rule-book-in-force.ts'
import { findRuleVersion } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import {
  DEFAULT_IDENTITY,
  identitySettings,
  type IdentitySettings,
} from '../domain/customers/identity-rules.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'

/** The rules in force as ingest and dispatch see them. Asks which book it is each time; a book is read once. */
export interface PublishedRules {
  /** The book in force, which stays in force until `trx` ends. */
  readonly lockBook: (trx: Transaction<Database>) => Promise<RuleBook>
  /** The same, with the identity rules in force. */
  readonly lockRules: (
    trx: Transaction<Database>,
  ) => Promise<{ book: RuleBook; identity: IdentitySettings }>
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
  let identity = { version: 0, settings: DEFAULT_IDENTITY }
  const identityOf = async (db: Kysely<Database>, version = 0): Promise<IdentitySettings> => {
    if (identity.version !== version) {
      const found = await findRuleVersion(db, { kind: 'identity', version })
      identity = { version, settings: identitySettings(found?.document) }
    }
    return identity.settings
  }
  return {
    lockRules: async (trx) => {
      const { hash, versions } = await lockRulesShared(trx)
      return {
        book: await bookOf(trx, hash),
        identity: await identityOf(trx, versions['identity']),
      }
    },
    lockBook: async (trx) => bookOf(trx, await lockRuleBookShared(trx)),
    getRules: async (db) => {
      const row = await getRuleBookInForce(db)
      return { book: await bookOf(db, row.hash), entryRules: row.entry_rules }
    },
  }
}
