import type { RunDefinition } from '../journeys/journey.ts'
import { own } from '../own.ts'
import type { ArbitrationAnswer, ArbitrationRequest, Candidate, Decision } from './arbitration.ts'

type Decided = Extract<ArbitrationAnswer, { type: 'decided' }>

/** A paused run stays on its version; everything else begins in the one that is live. */
export const startsAnew = ({ source }: Pick<Candidate, 'source'>): boolean => source !== 'paused'

/** Candidates that begin with this decision: the winner, and those that start beside it. */
export function startersOf(
  { candidates }: Pick<ArbitrationRequest, 'candidates'>,
  { winner, beside = [] }: Pick<Decision, 'winner' | 'beside'>,
): Candidate[] {
  const chosen = new Set([winner, ...beside])
  return candidates.filter((each) => startsAnew(each) && chosen.has(each.candidateId))
}

/** The answer to an actor: the decision, with what those need that start. `definitions`: by candidate. */
export function answerOf(
  decision: Decision,
  definitions: ReadonlyMap<string, RunDefinition>,
  bookHash: string,
): Decided {
  const { winner, beside = [] } = decision
  const besides = beside.flatMap((id) => {
    const definition = definitions.get(id)
    return definition === undefined ? [] : [[id, definition] as const]
  })
  return {
    type: 'decided',
    decision,
    definition: winner === null ? null : (definitions.get(winner) ?? null),
    ...(besides.length === 0 ? {} : { besides: Object.fromEntries(besides) }),
    bookHash,
  }
}

/** The same where every version that may start is at hand, by content hash. */
export function answerFrom(
  request: ArbitrationRequest,
  decision: Decision,
  definitions: Readonly<Record<string, RunDefinition>>,
  bookHash: string,
): Decided {
  const starting = startersOf(request, decision).flatMap(({ candidateId, hash }) => {
    const definition = own(definitions, hash)
    return definition === undefined ? [] : [[candidateId, definition] as const]
  })
  return answerOf(decision, new Map(starting), bookHash)
}
