import { sql, type Kysely, type Transaction } from 'kysely'
import type { EntryRule } from '../domain/journeys/journey.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/**
 * The number of the publication in force and its book, held against ingest and other publications
 * until `trx` ends. Undefined before the first start.
 */
export async function lockRuleBook(
  trx: Transaction<Database>,
): Promise<{ publication: number; book: RuleBook } | undefined> {
  // The row alone is locked: books are never changed, and reading one must not wait.
  const { rows } = await sql<{ publication: number; hash: string }>`
    select publication, hash from rule_book for update`.execute(trx)
  const row = rows[0]
  if (row === undefined) return undefined
  const { book } = await trx
    .selectFrom('rule_books')
    .select('book')
    .where('hash', '=', row.hash)
    .executeTakeFirstOrThrow()
  return { publication: row.publication, book }
}

export interface Publication {
  readonly publication: number
  readonly book: RuleBook
  /** Event name → entry rules of live versions that it could trigger. */
  readonly entryRules: Readonly<Record<string, readonly EntryRule[]>>
}

/** Puts a book in force. The caller holds `lockRuleBook`. */
export async function upsertRuleBook(
  trx: Transaction<Database>,
  { publication, book, entryRules }: Publication,
): Promise<void> {
  await insertBook(trx, publication, book)
  await trx
    .updateTable('rule_book')
    .set({
      publication,
      hash: book.hash,
      entry_rules: jsonText(entryRules),
      contact_hash: book.contact?.hash ?? null,
    })
    .execute()
}

/** The first book of all. Changes nothing when one is in force already. */
export async function insertFirstRuleBook(
  db: Kysely<Database>,
  { publication, book, entryRules }: Publication,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('rule_book')
      .values({
        publication,
        hash: book.hash,
        entry_rules: jsonText(entryRules),
        contact_hash: book.contact?.hash ?? null,
      })
      .onConflict((oc) => oc.column('singleton').doNothing())
      .returning('hash')
      .executeTakeFirst()
    if (inserted !== undefined) await insertBook(trx, publication, book)
  })
}

async function insertBook(
  trx: Transaction<Database>,
  publication: number,
  book: RuleBook,
): Promise<void> {
  await trx
    .insertInto('rule_books')
    .values({ hash: book.hash, publication, book: jsonText(book) })
    .onConflict((oc) => oc.column('hash').doNothing())
    .execute()
}
