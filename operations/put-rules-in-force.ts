import type { Transaction } from 'kysely'
import { listAudiencesInUse } from '../db/audiences.ts'
import { listVersionsInUse } from '../db/journey-versions.ts'
import { findFormulas } from '../db/rule-documents.ts'
import { lockRuleBook, upsertRuleBook } from '../db/rule-books.ts'
import type { Database } from '../db/schema.ts'
import { invariant, type Finding } from '../domain/errors.ts'
import { missingFacts } from '../domain/facts/missing-facts.ts'
import {
  bookFindings,
  compileEntryRules,
  compileRuleBook,
} from '../domain/journeys/compile-rule-book.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { contentHash } from './content-hash.ts'

/** A version stays in the book this long after it took its last entry: one may be on its way. */
const KEPT_MS = 24 * 60 * 60 * 1000

/** The book that is replaced. Held against ingest and other publications until the transaction ends. */
export interface HeldRules {
  readonly publication: number
  readonly book: RuleBook
}

/** Takes the rules in force, for a change of what is published. The first lock of its transaction. */
export async function holdRules(trx: Transaction<Database>): Promise<HeldRules> {
  const held = await lockRuleBook(trx)
  invariant(held !== undefined, 'a rule book is in force before anything is published')
  return held
}

/**
 * Puts the rules of all versions in use in force, as they stand in `trx`: for the next batch of every
 * customer, in every process; `changes` take the place of what stood beside them. Answers what speaks against it: a caller who heeds that rolls back.
 */
export async function putRulesInForce(
  trx: Transaction<Database>,
  held: HeldRules,
  at: Date,
  changes: Partial<RulesBeside> = {},
): Promise<Finding[]> {
  const journeys = await listVersionsInUse(trx, { openAfter: new Date(at.getTime() - KEPT_MS) })
  const publication = held.publication + 1
  const { lifecycle, contact, arbitration } = { ...held.book, ...changes }
  const facts = changes.facts ?? (await findFormulas(trx))
  const content = compileRuleBook({
    journeys,
    lifecycle,
    contact,
    arbitration,
    facts,
    previous: held.book,
    publication,
  })
  await upsertRuleBook(trx, {
    publication,
    book: { ...content, hash: contentHash(content) },
    entryRules: compileEntryRules(journeys),
  })
  const audiences = await listAudiencesInUse(trx)
  return [
    ...missingFacts({ journeys, contact, arbitration, audiences }, facts),
    ...bookFindings(content),
  ]
}
