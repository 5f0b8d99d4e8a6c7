import type { Kysely } from 'kysely'
import { insertFirstRuleBook } from '../db/rule-books.ts'
import type { Database } from '../db/schema.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../domain/customers/lifecycle-rules.ts'
import { compileRuleBook } from '../domain/journeys/compile-rule-book.ts'
import { contentHash } from './content-hash.ts'

/** Sees to it that a rule book is in force: on the first start the default one, without journeys. */
export async function ensureRuleBook({ db }: { db: Kysely<Database> }): Promise<void> {
  const publication = 1
  const content = compileRuleBook({
    journeys: [],
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    previous: null,
    publication,
  })
  const book = { ...content, hash: contentHash(content) }
  await insertFirstRuleBook(db, { publication, book, entryRules: {} })
}
