import type { Kysely } from 'kysely'
import { getRuleBook, getRuleBookInForce } from '../db/rule-book-in-force.ts'
import { findFormulas, findRulesInForce } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import type { Formulas } from '../domain/facts/fact-rules.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { checkRules } from '../domain/rule-documents.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { compileRules } from './compile-rules.ts'

/** Drafts of rules beside the journeys, as somebody wrote them. Absent: what is published. */
export interface RuleDrafts {
  readonly contactPolicy?: unknown
  readonly arbitration?: unknown
}

/** The field that a draft of each kind comes in. */
const FIELDS = {
  'contact-policy': 'contactPolicy',
  arbitration: 'arbitration',
} as const satisfies Record<string, keyof RuleDrafts>

export interface RulesInPlay {
  /** The rule book in force. */
  readonly bookHash: string
  /** The drafts, compiled as their publication would. */
  readonly drafts: Pick<RuleBook, 'contact' | 'arbitration'>
  /** What holds: the drafts, and what is in force where there is none. */
  readonly rules: RulesBeside & { readonly facts: Formulas }
  /** Of the contact policy that holds: what may take the place of a journey's. */
  readonly contactMessages: NonNullable<ContactPolicy['messages']>
  readonly warnings: readonly Finding[]
}

/**
 * The rules beside the journeys under which a simulation or a backtest plays: drafts, checked as if
 * they were published, in the place of what is in force.
 *
 * @throws {DomainError} `unacceptable` with everything that is wrong with the drafts, each finding
 * under `/contactPolicy` or `/arbitration`
 */
export async function rulesInPlay(
  { db }: { readonly db: Kysely<Database> },
  given: RuleDrafts,
): Promise<RulesInPlay> {
  const { hash: bookHash } = await getRuleBookInForce(db)
  const findings: Finding[] = []
  let drafts: RulesInPlay['drafts'] = {}
  let policy = (await findRulesInForce(db, 'contact-policy'))?.document
  for (const kind of ['contact-policy', 'arbitration'] as const) {
    const field = FIELDS[kind]
    if (given[field] === undefined) continue
    const { checked, findings: found } = checkRules(kind, given[field])
    findings.push(...found.map((each) => ({ ...each, path: `/${field}${each.path}` })))
    if (checked === null) continue
    if (checked.kind === 'contact-policy') policy = checked.document
    const inForce = await findRulesInForce(db, kind)
    drafts = { ...drafts, ...(await compileRules(db, checked, (inForce?.version ?? 0) + 1)) }
  }
  const warnings = findings.filter(({ severity }) => severity === 'warning')
  if (warnings.length < findings.length)
    throw new DomainError('unacceptable', 'A draft could not be published as it is.', findings)
  return {
    bookHash,
    drafts,
    rules: {
      ...(await getRuleBook(db, bookHash)),
      facts: await findFormulas(db),
      ...drafts,
    },
    contactMessages: policy?.messages ?? {},
    warnings,
  }
}
