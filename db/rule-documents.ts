import type { Kysely, Transaction } from 'kysely'
import { caseSettings, type CaseSettings } from '../domain/cases/case-rules.ts'
import { identitySettings, type IdentitySettings } from '../domain/customers/identity-rules.ts'
import { factsOf, formulasOf, type FactRule, type Formulas } from '../domain/facts/fact-rules.ts'
import type { RuleDocumentKind, RuleDocuments } from '../domain/rule-documents.ts'
import type { TrackingPlan } from '../domain/tracking/tracking-plan.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface RuleVersion {
  readonly version: number
  readonly hash: string
  readonly note: string | null
  readonly publishedAt: Date
  readonly publishedBy: string | null
}

export interface RuleVersionWithDocument<
  Kind extends RuleDocumentKind = RuleDocumentKind,
> extends RuleVersion {
  readonly document: RuleDocuments[Kind]
}

const COLUMNS = [
  'version',
  'hash',
  'note',
  'published_at as publishedAt',
  'published_by as publishedBy',
] as const

/** The version in force with its document; undefined where none was ever published. */
export async function findRulesInForce<Kind extends RuleDocumentKind>(
  db: Kysely<Database>,
  kind: Kind,
): Promise<RuleVersionWithDocument<Kind> | undefined> {
  const row = await db
    .selectFrom('rule_documents')
    .select([...COLUMNS, 'document'])
    .where('kind', '=', kind)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  // Nothing is stored that was not checked.
  return row
}

/** The identity rules in force, with all defaults. */
export async function findIdentitySettings(db: Kysely<Database>): Promise<IdentitySettings> {
  return identitySettings((await findRulesInForce(db, 'identity'))?.document)
}

/** The case rules in force, with all defaults. */
export async function findCaseSettings(db: Kysely<Database>): Promise<CaseSettings> {
  return caseSettings((await findRulesInForce(db, 'case-rules'))?.document)
}

/** The facts in force, by name; the standard ones where nothing was published. */
export async function findFacts(db: Kysely<Database>): Promise<Readonly<Record<string, FactRule>>> {
  return factsOf((await findRulesInForce(db, 'fact-rules'))?.document)
}

/** The formulas of all facts in force, by name. */
export async function findFormulas(db: Kysely<Database>): Promise<Formulas> {
  return formulasOf((await findRulesInForce(db, 'fact-rules'))?.document)
}

/** The tracking plan in force; without one, a plan that says nothing. */
export async function findTrackingPlan(db: Kysely<Database>): Promise<TrackingPlan> {
  return (await findRulesInForce(db, 'tracking-plan'))?.document ?? {}
}

/** A version with its document. */
export async function findRuleVersion<Kind extends RuleDocumentKind>(
  db: Kysely<Database>,
  { kind, version }: { readonly kind: Kind; readonly version: number },
): Promise<RuleVersionWithDocument<Kind> | undefined> {
  const row = await db
    .selectFrom('rule_documents')
    .select([...COLUMNS, 'document'])
    .where('kind', '=', kind)
    .where('version', '=', version)
    .executeTakeFirst()
  return row
}

/** Versions of a kind, the newest first; `before`: those with a smaller number. */
export async function listRuleVersions(
  db: Kysely<Database>,
  kind: RuleDocumentKind,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<RuleVersion[]> {
  return db
    .selectFrom('rule_documents')
    .select(COLUMNS)
    .where('kind', '=', kind)
    .$if(before !== undefined, (query) => query.where('version', '<', before ?? 0))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
}

/** Stores a document as a version. The caller holds `lockRuleBook`, so that no two take one number. */
export async function insertRuleVersion(
  trx: Transaction<Database>,
  { kind, document, version, hash, note, publishedAt, publishedBy }: NewRuleVersion,
): Promise<void> {
  await trx
    .insertInto('rule_documents')
    .values({
      kind,
      version,
      hash,
      document: jsonText(document),
      note,
      published_at: publishedAt,
      published_by: publishedBy,
    })
    .execute()
}

interface NewRuleVersion extends RuleVersionWithDocument {
  readonly kind: RuleDocumentKind
}

/** The newest threshold of each rule that compares with the population, by the rule's name; none where there was nobody. */
export async function readThresholds(db: Kysely<Database>): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('population_statistics')
    .select(['rule', 'threshold'])
    .where('customers', '>', 0)
    .distinctOn('rule')
    .orderBy('rule')
    .orderBy('version', 'desc')
    .execute()
  return Object.fromEntries(rows.map(({ rule, threshold }) => [rule, threshold]))
}
