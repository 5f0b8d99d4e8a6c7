import { listDecisionsById } from '../db/decision-pages.ts'
import { waitHandled } from '../operations/wait-handled.ts'
import type { ApiDeps } from './deps.ts'
import { toDecision } from './routes/decision-answers.ts'

/**
 * What was decided about a journey that somebody asked to enter: null where there was nothing to
 * decide, undefined where nothing is decided yet after 5 s.
 */
export async function decisionOfEntry(
  { client, db }: Pick<ApiDeps, 'client' | 'db'>,
  { customerId, journey, seq }: { customerId: string; journey: string; seq: number },
): Promise<ReturnType<typeof toDecision> | null | undefined> {
  const { handled, results } = await waitHandled(
    { client: client(), db },
    { customerId, accepted: [{ seq, status: 'pending' }] },
  )
  if (!handled) return undefined
  const decisionIds = results.flatMap(({ decisionId }) => decisionId ?? [])
  // Another event of the same batch may have led to a decision that has nothing to do with this.
  const decisions = (await listDecisionsById(db, decisionIds)).map(toDecision)
  const decision = decisions.find(({ candidates }) =>
    candidates.some((candidate) => candidate.journey === journey),
  )
  return decision ?? null
}
