import { sql, type Kysely } from 'kysely'
import type { ArbitrationRequest, Cause, Decision } from '../domain/decisioning/arbitration.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

export interface DecisionRow {
  readonly decisionId: string
  readonly at: Date
  readonly cause: Cause
  readonly decision: Decision
}

/** With what it was decided from. */
export interface StoredDecisionRow extends DecisionRow {
  readonly customerId: string
  readonly request: ArbitrationRequest
}

/** At most `limit` decisions about a customer (and those merged into it), or about all of them, newest first, older than `after`. */
export async function listDecisions(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: {
    customerId: string | undefined
    limit: number
    after: { at: Date; decisionId: string } | undefined
  },
): Promise<StoredDecisionRow[]> {
  return selectStored(db)
    .$if(customerId !== undefined, (query) =>
      query.where(sql<boolean>`customer_id = any(${idsOf(customerId ?? '')})`),
    )
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(at, decision_id) < (${after?.at}, ${after?.decisionId})`),
    )
    .orderBy('at', 'desc')
    .orderBy('decision_id', 'desc')
    .limit(limit)
    .execute()
}

/** One decision by its id. */
export async function findDecision(
  db: Kysely<Database>,
  decisionId: string,
): Promise<StoredDecisionRow | undefined> {
  return selectStored(db).where('decision_id', '=', decisionId).executeTakeFirst()
}

/** The stored ones among at most 1,000 decisions, in the order they were taken. */
export async function listDecisionsById(
  db: Kysely<Database>,
  decisionIds: readonly string[],
): Promise<DecisionRow[]> {
  if (decisionIds.length === 0) return []
  return selectDecisions(db)
    .where('decision_id', 'in', decisionIds)
    .orderBy('at')
    .orderBy('decision_id')
    .limit(1_000)
    .execute()
}

const selectDecisions = (db: Kysely<Database>) =>
  db.selectFrom('decisions').select(['decision_id as decisionId', 'at', 'cause', 'decision'])

const selectStored = (db: Kysely<Database>) =>
  selectDecisions(db).select(['customer_id as customerId', 'request'])
