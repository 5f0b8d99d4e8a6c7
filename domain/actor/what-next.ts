import type { CapUse } from '../contact/caps.ts'
import { isInForce } from '../contact/excluded.ts'
import type { Exclusion } from '../contact/policy.ts'
import { arbitrate } from '../decisioning/arbitrate.ts'
import type { ArbitrationRequest, Candidate, Fate, Score } from '../decisioning/arbitration.ts'
import { describeStanding } from '../decisioning/explain.ts'
import { inLiveVersion, type LiveTerms } from '../decisioning/live-version.ts'
import { invariant } from '../errors.ts'
import type { Arbitration, EntryRule, RunDefinition } from '../journeys/journey.ts'
import { isMeantBy, REQUEST_EVENT } from '../journeys/requested-entry.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject } from '../json.ts'
import { own } from '../own.ts'
import { openArbitration } from './candidates.ts'
import { capsUsed } from './contacts.ts'
import { contextOf, factorsNow } from './context-factors.ts'
import type { CustomerState, EntryEvent } from './customer-state.ts'
import type { RunRecord } from './effects.ts'
import { offerBar, type Offer } from './offers.ts'
import { recordOf } from './run-store.ts'
import { isTriggered, qualify } from './triggers.ts'
import { activeRun, beginTurn, patch, scopeOf, type Turn } from './turn.ts'

/** An offer with what it is worth. */
export interface RankedOffer extends Offer {
  readonly value: number
  readonly lever?: number
  readonly propensity?: number
}

/** "What now?", with the rules under which it is to be answered. */
export interface NextQuestion {
  /** The customer's now. */
  readonly atMs: number
  readonly offers: readonly RankedOffer[]
  /** The book in force; an actor may still hold an older one. */
  readonly book: RuleBook
  /** Of live versions that may be entered on request. */
  readonly onRequest: readonly EntryRule[]
  /** The live version of every journey, by key. */
  readonly live: Readonly<Record<string, LiveTerms>>
}

export type NextSource = 'offer' | 'request' | 'queue' | 'paused'

export interface RankedNext {
  readonly kind: 'offer' | 'journey'
  readonly id: string
  readonly source: NextSource
  /** Of a journey. */
  readonly version: number | null
  readonly score: Score | null
  readonly reason: string
}

export interface RefusedNext {
  readonly kind: 'offer' | 'journey'
  readonly id: string
  readonly source: NextSource
  readonly gate: string
  readonly reason: string
}

export interface NextAnswer {
  readonly current: Pick<RunRecord, 'journey' | 'version' | 'step' | 'sinceMs' | 'lock'> | null
  /** What may be done now, the best first. */
  readonly ranked: readonly RankedNext[]
  readonly refused: readonly RefusedNext[]
  /** Those in force. */
  readonly exclusions: readonly Exclusion[]
  /** How much of each cap the customer has used. */
  readonly caps: readonly CapUse[]
}

/**
 * What could be done with a customer now, ranked, and what could not and why. Decides as the arbiter
 * and the gate decide, and changes nothing: a journey may begin if the arbiter would let it in were it
 * the only one, an offer if the gate lets it pass; what may stands in the arbiter's order.
 *
 * Pure; cost as `arbitrate`, once for each journey.
 */
export function whatNext(
  state: CustomerState,
  definitions: Readonly<Record<string, RunDefinition>>,
  { atMs, offers, book, onRequest, live }: NextQuestion,
): NextAnswer {
  const turn = beginTurn(
    { ...state, pending: null, arbitration: null },
    { book, definitions },
    atMs,
  )
  const untriggered = onRequest.filter((rule) => !request(turn, rule, atMs))
  const asked = requestOf(turn, atMs)
  const journeys = asked.candidates.map((candidate): Judged<Candidate> => {
    const current = inLiveVersion(candidate, own(live, candidate.journey))
    const [fate] = arbitrate({ ...asked, candidates: [current] }).fates
    invariant(fate !== undefined, 'every candidate has a fate')
    return { of: current, bar: fate.fate === 'win' ? null : barOf(fate) }
  })
  const judgedOffers = offers.map((offer): Judged<RankedOffer> => {
    return { of: offer, bar: offerBar(turn, offer, atMs) }
  })
  return {
    current: currentOf(turn),
    ranked: rank(turn, asked, permitted(journeys), permitted(judgedOffers)),
    refused: [
      ...refused(judgedOffers, offerIdentity),
      ...refused(journeys, journeyIdentity),
      ...untriggered.map(({ journey }) => ({
        kind: 'journey' as const,
        id: journey,
        source: 'request' as const,
        gate: 'entry',
        reason: 'The condition of its trigger does not hold.',
      })),
    ],
    exclusions: turn.state.exclusions.filter((each) => isInForce(each, atMs)),
    caps: capsUsed(turn.state, book.contact, atMs),
  }
}

interface Bar {
  readonly gate: string
  readonly reason: string
}
interface Judged<T> {
  readonly of: T
  readonly bar: Bar | null
}

const barOf = ({ gate, reason }: Fate): Bar => ({ gate: gate ?? 'rank', reason })

const permitted = <T>(judged: readonly Judged<T>[]): T[] =>
  judged.filter(({ bar }) => bar === null).map(({ of }) => of)

const refused = <T>(
  judged: readonly Judged<T>[],
  identity: (of: T) => Pick<RefusedNext, 'kind' | 'id' | 'source'>,
): RefusedNext[] =>
  judged.flatMap(({ of, bar }) => (bar === null ? [] : [{ ...identity(of), ...bar }]))

const offerIdentity = ({ id }: Offer) => ({ kind: 'offer', id, source: 'offer' }) as const

const SOURCES = { trigger: 'request', deferred: 'queue', paused: 'paused' } as const

const journeyIdentity = ({ journey, source }: Candidate) =>
  ({ kind: 'journey', id: journey, source: SOURCES[source] }) as const

/** Makes a journey a candidate as a request would; false where none of its triggers means that. */
function request(turn: Turn, rule: EntryRule, atMs: number): boolean {
  const properties: JsonObject = { journey: rule.journey }
  const entry: EntryEvent = {
    seq: null,
    name: REQUEST_EVENT,
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    properties,
  }
  const scope = scopeOf(turn, atMs, entry, { entry })
  if (!isTriggered(turn, rule, (trigger) => isMeantBy(trigger, rule.journey, entry), scope))
    return false
  qualify(turn, rule, entry, { type: 'event', event: REQUEST_EVENT, seq: 0 }, atMs)
  return true
}

/** What the arbiter would be asked now: with those who were requested, all who wait and all who are paused. */
function requestOf(turn: Turn, atMs: number): ArbitrationRequest {
  const cause = { type: 'event', event: REQUEST_EVENT, seq: 0 } as const
  const pending = turn.state.pending ?? { cause, atMs, seqs: [], triggered: [] }
  patch(turn, { pending: null })
  openArbitration(turn, pending)
  const { arbitration } = turn.state
  invariant(arbitration !== null, 'an arbitration that was opened is open')
  return arbitration
}

/** In the order in which the arbiter would let them in, one after the other. */
function rank(
  turn: Turn,
  asked: ArbitrationRequest,
  journeys: readonly Candidate[],
  offers: readonly RankedOffer[],
): RankedNext[] {
  const factors = factorsNow(turn, asked.atMs)
  const entries = new Map<string, Pick<RankedNext, 'kind' | 'id' | 'source' | 'version'>>()
  const candidates = [
    ...journeys.map(({ lane: _besideOthers, ...candidate }) => {
      const { candidateId, version } = candidate
      entries.set(candidateId, { ...journeyIdentity(candidate), version })
      return candidate
    }),
    ...offers.map((offer) => {
      const plain = candidateOf(offer, asked.atMs)
      const candidate = { ...plain, ...contextOf(factors, plain) }
      entries.set(candidate.candidateId, { ...offerIdentity(offer), version: null })
      return candidate
    }),
  ]
  // Nobody is in the way any more, and nobody is barred: what remains of an arbitration is its order.
  const { fates } = arbitrate({ ...asked, active: null, candidates })
  return fates.flatMap(({ candidateId, score }) => {
    const entry = entries.get(candidateId)
    const candidate = candidates.find((each) => each.candidateId === candidateId)
    if (entry === undefined || candidate === undefined) return []
    return [{ ...entry, score, reason: describeStanding(candidate.arbitration, score) }]
  })
}

function candidateOf(
  { id, class: messageClass, journey, value, lever, propensity }: RankedOffer,
  atMs: number,
): Candidate {
  const arbitration: Arbitration = {
    mode: 'auto',
    value,
    ...(lever === undefined ? {} : { lever }),
    ...(propensity === undefined ? {} : { propensity }),
  }
  return {
    candidateId: `offer:${id}`,
    source: 'trigger',
    journey: journey ?? id,
    version: 0,
    hash: '',
    class: messageClass,
    arbitration,
    qualifiedAtMs: atMs,
    queueForMs: null,
    expiresAtMs: null,
    runId: null,
    barred: null,
  }
}

function currentOf(turn: Turn): NextAnswer['current'] {
  const run = activeRun(turn.state)
  return run === undefined ? null : recordOf(turn, run)
}
