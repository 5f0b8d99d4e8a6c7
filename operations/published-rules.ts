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
import { caseSettings, DEFAULT_CASES, type CaseSettings } from '../domain/cases/case-rules.ts'
import {
  DEFAULT_IDENTITY,
  identitySettings,
  type IdentitySettings,
} from '../domain/customers/identity-rules.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { RuleDocumentKind, RuleDocuments } from '../domain/rule-documents.ts'
import {
  compileTrackingPlan,
  NO_PLAN,
  type CompiledPlan,
} from '../domain/tracking/compile-tracking-plan.ts'

/** The rules in force as ingest and dispatch see them. Asks which book it is each time; a book is read once. */
export interface PublishedRules {
  /** The book in force, which stays in force until `trx` ends. */
  readonly lockBook: (trx: Transaction<Database>) => Promise<RuleBook>
  /** The same, with the documents in force that no actor reads. */
  readonly lockRules: (trx: Transaction<Database>) => Promise<{
    readonly book: RuleBook
    readonly identity: IdentitySettings
    readonly plan: CompiledPlan
    readonly cases: CaseSettings
  }>
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
  const identityOf = keepNewest('identity', DEFAULT_IDENTITY, identitySettings)
  const planOf = keepNewest('tracking-plan', NO_PLAN, compileTrackingPlan)
  const casesOf = keepNewest('case-rules', DEFAULT_CASES, caseSettings)
  return {
    lockRules: async (trx) => {
      const { hash, versions } = await lockRulesShared(trx)
      return {
        book: await bookOf(trx, hash),
        identity: await identityOf(trx, versions),
        plan: await planOf(trx, versions),
        cases: await casesOf(trx, versions),
      }
    },
    lockBook: async (trx) => bookOf(trx, await lockRuleBookShared(trx)),
    getRules: async (db) => {
      const row = await getRuleBookInForce(db)
      return { book: await bookOf(db, row.hash), entryRules: row.entry_rules }
    },
  }
}

/** What a document of a kind means, read and worked out once for each version. `none`: where there is no document. */
function keepNewest<Kind extends RuleDocumentKind, Meaning>(
  kind: Kind,
  none: Meaning,
  meaningOf: (document: RuleDocuments[Kind]) => Meaning,
): (db: Kysely<Database>, versions: Readonly<Record<string, number>>) => Promise<Meaning> {
  let newest = { version: 0, meaning: none }
  return async (db, { [kind]: version = 0 }) => {
    if (newest.version !== version) {
      const found = await findRuleVersion(db, { kind, version })
      newest = { version, meaning: found === undefined ? none : meaningOf(found.document) }
    }
    return newest.meaning
  }
}
