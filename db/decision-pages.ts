import { sql, type Kysely } from 'kysely'
import type { Cause, Decision } from '../domain/decisioning/arbitration.ts'
import type { Database } from './schema.ts'

export interface DecisionRow {
  readonly decisionId: string
  readonly at: Date
  readonly cause: Cause
  readonly decision: Decision
}

/** At most `limit` decisions about a customer, newest first, older than `after`. */
export async function listDecisions(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: {
    customerId: string
    limit: number
    after: { at: Date; decisionId: string } | undefined
  },
): Promise<DecisionRow[]> {
  return selectDecisions(db)
    .where('customer_id', '=', customerId)
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(at, decision_id) < (${after?.at}, ${after?.decisionId})`),
    )
    .orderBy('at', 'desc')
    .orderBy('decision_id', 'desc')
    .limit(limit)
    .execute()
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
