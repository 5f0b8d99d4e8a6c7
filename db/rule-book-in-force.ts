import { sql, type Kysely, type Transaction } from 'kysely'
import type { EntryRule } from '../domain/journeys/journey.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { invariant } from '../domain/errors.ts'
import type { Database } from './schema.ts'

export interface RuleBookRow {
  readonly hash: string
  readonly entry_rules: Record<string, EntryRule[]>
}

/**
 * Hash of the book in force, held against publishing until `trx` ends: a verdict taken under it and
 * the rows written with it belong to the same book.
 */
export async function lockRuleBookShared(trx: Transaction<Database>): Promise<string> {
  const { rows } = await sql<{ hash: string }>`select hash from rule_book for share`.execute(trx)
  invariant(rows[0] !== undefined, 'a rule book is in force before events are accepted')
  return rows[0].hash
}

/** The same, with the versions of documents that ingest reads beside the book. */
export async function lockRulesShared(
  trx: Transaction<Database>,
): Promise<{ hash: string; versions: Readonly<Record<string, number>> }> {
  const { rows } = await sql<{ hash: string; versions: Record<string, number> }>`
    select hash, versions from rule_book for share`.execute(trx)
  invariant(rows[0] !== undefined, 'a rule book is in force before events are accepted')
  return rows[0]
}

/** Says which version of a kind ingest is to go by from the commit on. The caller holds the book against it. */
export async function putVersionInForce(
  trx: Transaction<Database>,
  kind: string,
  version: number,
): Promise<void> {
  await sql`
    update rule_book set versions = versions || jsonb_build_object(${kind}::text, ${version}::int)`.execute(
    trx,
  )
}

/** Which book is in force right now. Its entry rules and its hash belong together: one row. */
export async function getRuleBookInForce(db: Kysely<Database>): Promise<RuleBookRow> {
  return db.selectFrom('rule_book').select(['hash', 'entry_rules']).executeTakeFirstOrThrow()
}

/** A book by its hash. Books are never changed nor deleted. */
export async function getRuleBook(db: Kysely<Database>, hash: string): Promise<RuleBook> {
  const { book } = await db
    .selectFrom('rule_books')
    .select('book')
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow()
  return book
}

/** The whole book that is in force right now. */
export const getBookInForce = async (db: Kysely<Database>): Promise<RuleBook> =>
  getRuleBook(db, (await getRuleBookInForce(db)).hash)
