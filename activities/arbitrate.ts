import type { Kysely } from 'kysely'
import {
  getArbitrationBasis,
  insertDecision,
  type LiveVersion,
  type StoredDecision,
} from '../db/decisions.ts'
import { findVersion } from '../db/journey-pages.ts'
import type { Database } from '../db/schema.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import { answerOf, startersOf, startsAnew } from '../domain/decisioning/answer.ts'
import { arbitrate } from '../domain/decisioning/arbitrate.ts'
import type { ArbitrationRequest, Candidate } from '../domain/decisioning/arbitration.ts'
import { inLiveVersion } from '../domain/decisioning/live-version.ts'
import { invariant } from '../domain/errors.ts'
import { compileRun } from '../domain/journeys/compile.ts'
import type { RunDefinition } from '../domain/journeys/journey.ts'
import type { CustomerActivities } from './contract.ts'

/**
 * Decides once, stores the decision and answers what is stored: a retry, and a reset actor, get the
 * same answer. New entries take the live version of a journey, whichever one triggered them.
 */
export const createArbitrate =
  ({ db }: { db: Kysely<Database> }): CustomerActivities['arbitrate'] =>
  async ({ request, record }) => {
    const { decisionId } = request
    const journeys = request.candidates.filter(startsAnew).map(({ journey }) => journey)
    const { bookHash, stored, live } = await getArbitrationBasis(db, { decisionId, journeys })
    if (record !== null) await writeTurnRecord(db, record, null)
    if (stored === null && bookHash !== request.bookHash)
      return { type: 'staleBook', decisionId, bookHash }
    const decided = stored ?? (await insertDecision(db, decide(request, live)))
    const definitions = await definitionsOf(db, startersOf(decided.request, decided.decision), live)
    return answerOf(decided.decision, definitions, bookHash)
  }

function decide(request: ArbitrationRequest, live: readonly LiveVersion[]): StoredDecision {
  const byKey = new Map(live.map((version) => [version.key, version]))
  const judged: ArbitrationRequest = {
    ...request,
    candidates: request.candidates.map((candidate) =>
      newest(candidate, byKey.get(candidate.journey)),
    ),
  }
  return { request: judged, decision: arbitrate(judged) }
}

/** As it stands in the decision: what was decided can be decided again from that alone. */
const newest = (candidate: Candidate, live: LiveVersion | undefined): Candidate =>
  inLiveVersion(candidate, live && { ...live.definition, version: live.version, hash: live.hash })

/** By candidate. A stored decision may be older than the version that is live now. */
async function definitionsOf(
  db: Kysely<Database>,
  starting: readonly Candidate[],
  live: readonly LiveVersion[],
): Promise<Map<string, RunDefinition>> {
  const definitions = new Map<string, RunDefinition>()
  for (const { candidateId, journey: key, version, hash } of starting) {
    const found =
      live.find((each) => each.hash === hash && each.version === version) ??
      (await findVersion(db, { key, version }))
    invariant(
      found !== undefined,
      `version ${version} of ${key} is kept for as long as somebody may start in it`,
    )
    definitions.set(candidateId, compileRun(found.definition, version, hash))
  }
  return definitions
}
