import { DomainError } from '../domain/errors.ts'
import type { RankedOffer } from '../domain/actor/what-next.ts'
import { enterJourney } from '../operations/enter-journey.ts'
import type { AskedNext } from '../operations/ask-next.ts'
import { takeOffer } from '../operations/take-offer.ts'
import { waitHandled } from '../operations/wait-handled.ts'
import { decisionOfEntry } from './decision-of-entry.ts'
import type { ApiDeps } from './deps.ts'
import type { toDecision } from './routes/decision-answers.ts'

/** The best there is, an offer of those that were asked about, or a journey. */
export type Commit = true | { readonly offer: string } | { readonly journey: string }

export interface Committed {
  readonly kind: 'offer' | 'journey'
  readonly id: string
  readonly status: 'committed' | 'queued' | 'refused' | 'stored'
  readonly reason: string | null
  readonly seq: number
  readonly decision: ReturnType<typeof toDecision> | null
}

export interface CommitInput {
  readonly customerId: string
  readonly commit: Commit
  readonly offers: readonly RankedOffer[]
  readonly asked: AskedNext
  readonly keyId: string
  readonly idempotencyKey: string | undefined
}

/**
 * Does what was chosen: a journey is entered as `/enter` does it, an offer counts as shown. Both are
 * decided by the actor once more, in the order of its log: what has become forbidden since it was
 * asked is refused. Null: there was nothing to choose.
 *
 * @throws {DomainError} as `enterJourney`; `unacceptable`: an offer that was not asked about
 */
export async function commitNext(deps: ApiDeps, input: CommitInput): Promise<Committed | null> {
  const chosen = choose(input)
  if (chosen === null) return null
  return 'offer' in chosen
    ? commitOffer(deps, input, chosen.offer)
    : commitJourney(deps, input, chosen.journey)
}

/** A journey that is paused or queued cannot be asked for: it comes by itself when it is its turn. */
function choose({ commit, asked }: CommitInput): Exclude<Commit, true> | null {
  if (commit !== true) return commit
  const best = asked.ranked.find(({ source }) => source === 'offer' || source === 'request')
  if (best === undefined) return null
  return best.kind === 'offer' ? { offer: best.id } : { journey: best.id }
}

async function commitOffer(
  deps: ApiDeps,
  { customerId, offers, keyId, idempotencyKey }: CommitInput,
  id: string,
): Promise<Committed> {
  const ranked = offers.find((offer) => offer.id === id)
  if (ranked === undefined)
    throw new DomainError('unacceptable', 'Only what was asked about can be committed.', [
      {
        code: 'unknown_offer',
        path: '/commit/offer',
        message: `There is no offer "${id}" among the offers of this call.`,
        severity: 'error',
      },
    ])
  const { value: _value, lever: _lever, propensity: _propensity, ...offer } = ranked
  const { seq } = await takeOffer(deps, { customerId, offer, keyId, idempotencyKey })
  const { handled, results } = await waitHandled(
    { client: deps.client(), db: deps.db },
    { customerId, accepted: [{ seq, status: 'pending' }] },
  )
  const outcome = results.find((each) => each.seq === seq)?.offer
  const made = { kind: 'offer', id, seq, decision: null } as const
  if (!handled || outcome === undefined) return { ...made, status: 'stored', reason: null }
  return {
    ...made,
    status: outcome.refused === null ? 'committed' : 'refused',
    reason: outcome.refused,
  }
}

async function commitJourney(
  deps: ApiDeps,
  { customerId, keyId }: CommitInput,
  journey: string,
): Promise<Committed> {
  const { seq } = await enterJourney(deps, { customerId, journey, properties: {}, keyId })
  const decision = await decisionOfEntry(deps, { customerId, journey, seq })
  const made = { kind: 'journey', id: journey, seq } as const
  if (decision === undefined) return { ...made, status: 'stored', reason: null, decision: null }
  const candidate = decision?.candidates.find((each) => each.journey === journey)
  return {
    ...made,
    decision,
    status:
      candidate?.fate === 'win' ? 'committed' : candidate?.fate === 'queue' ? 'queued' : 'refused',
    reason: candidate?.reason ?? 'No trigger of the journey held.',
  }
}
