import { sql, type Kysely } from 'kysely'
import type { ArbitrationRequest, Decision } from '../domain/decisioning/arbitration.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface StoredDecision {
  readonly request: ArbitrationRequest
  readonly decision: Decision
}

export interface LiveVersion {
  readonly key: string
  readonly version: number
  readonly hash: string
  readonly definition: Journey
}

/** What a decision is made under, as it was at one instant. */
export interface ArbitrationBasis {
  /** The rule book in force. */
  readonly bookHash: string
  /** What an earlier try decided. */
  readonly stored: StoredDecision | null
  /** Of the journeys asked for, the versions that take new entries. */
  readonly live: readonly LiveVersion[]
}

/** All that a decision needs to know, in one statement: every customer's event may lead to one. */
export async function getArbitrationBasis(
  db: Kysely<Database>,
  { decisionId, journeys }: { decisionId: string; journeys: readonly string[] },
): Promise<ArbitrationBasis> {
  const { rows } = await sql<ArbitrationBasis>`
    select hash as "bookHash",
      (select jsonb_build_object('request', request, 'decision', decision)
        from decisions where decision_id = ${decisionId}) as stored,
      coalesce((select jsonb_agg(jsonb_build_object(
          'key', key, 'version', version, 'hash', v.hash, 'definition', definition))
        from journey_versions v
        where key = any(${[...journeys]}::text[]) and status = 'live'), '[]') as live
    from rule_book`.execute(db)
  const [basis] = rows
  if (basis === undefined) throw new Error('Broken invariant: a rule book is in force')
  return basis
}

/** Stores a decision once. Answers what is stored: another try may have been first. */
export async function insertDecision(
  db: Kysely<Database>,
  { request, decision }: StoredDecision,
): Promise<StoredDecision> {
  const inserted = await db
    .insertInto('decisions')
    .values({
      decision_id: decision.decisionId,
      customer_id: request.customerId,
      at: new Date(request.atMs),
      cause: jsonText(request.cause),
      outcome: decision.outcome,
      summary: decision.summary,
      winner:
        decision.fates.find(({ candidateId }) => candidateId === decision.winner)?.journey ?? null,
      request: jsonText(request),
      decision: jsonText(decision),
    })
    .onConflict((oc) => oc.column('decision_id').doNothing())
    .returning('decision_id')
    .executeTakeFirst()
  if (inserted !== undefined) return { request, decision }
  return db
    .selectFrom('decisions')
    .select(['request', 'decision'])
    .where('decision_id', '=', decision.decisionId)
    .executeTakeFirstOrThrow()
}
