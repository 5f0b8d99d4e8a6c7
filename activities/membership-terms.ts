import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import { findFormulas } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { audienceReads } from '../domain/audiences/audience-reads.ts'
import { judgedBy } from '../domain/audiences/judged-by.ts'
import type { MembershipTerms } from '../domain/audiences/membership.ts'
import { canonicalJson } from '../domain/canonical-json.ts'

/** By what a condition is judged now. */
export async function membershipTerms(
  trx: Transaction<Database>,
  when: string,
  nowMs: number,
): Promise<MembershipTerms> {
  const { lifecycle } = await getBookInForce(trx)
  const facts = await findFormulas(trx)
  return { when, reads: audienceReads(when, lifecycle, facts), facts, lifecycle, nowMs }
}

/** The same for the same rules; what was published and moves nobody in or out leaves it as it is. */
export const hashOfTerms = (terms: MembershipTerms): string =>
  createHash('sha256')
    .update(canonicalJson(judgedBy(terms)))
    .digest('hex')
