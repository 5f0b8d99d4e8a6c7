import type { CustomerState } from './actor/customer-state.ts'
import type { DeliveryRequest, TurnRecord } from './actor/effects.ts'
import type { BatchItem } from './actor/inputs.ts'
import { DEFAULT_LIFECYCLE_RULES } from './customers/lifecycle-rules.ts'
import type { Decision } from './decisioning/arbitration.ts'
import { formulasOf, type Formulas } from './facts/fact-rules.ts'
import { compileRun } from './journeys/compile.ts'
import {
  compileEntryRules,
  compileRuleBook,
  type BookVersion,
} from './journeys/compile-rule-book.ts'
import type { Journey } from './journeys/journey.ts'
import type { RuleBook } from './journeys/rule-book.ts'
import { simulatedCalls, type SimulatedAnswers } from './simulated-calls.ts'
import { SimulatedActor, type SimulatedRules } from './simulated-actor.ts'

/** What is published beside journeys. */
export interface RulesBeside extends Pick<RuleBook, 'lifecycle' | 'contact' | 'arbitration'> {
  /** Formulas of all facts that are published; the book takes those that it needs. Default: the standard ones. */
  readonly facts?: Formulas
}

/** These versions as if they were published at once, with these rules beside them. */
export function publishedAs(
  versions: readonly BookVersion[],
  { lifecycle, contact, arbitration, facts = formulasOf(undefined) }: RulesBeside,
): SimulatedRules {
  const book = compileRuleBook({
    journeys: versions,
    lifecycle,
    contact,
    arbitration,
    facts,
    previous: null,
    publication: 1,
  })
  return {
    book: { ...book, hash: 'simulated' },
    entryRules: compileEntryRules(versions),
    definitions: Object.fromEntries(
      versions.map(({ journey, version, hash }) => [hash, compileRun(journey, version, hash)]),
    ),
  }
}

/** These journeys, each as its version 1, published at once under the default lifecycle. */
export function publishedTogether(journeys: readonly Journey[]): SimulatedRules {
  const versions = journeys.map((journey) => ({
    journey,
    version: 1,
    hash: journey.key,
    live: true,
  }))
  return publishedAs(versions, { lifecycle: DEFAULT_LIFECYCLE_RULES })
}

export interface SimulationInput {
  /** A customer of whom no event is stored yet. */
  readonly actor: CustomerState
  readonly rules: SimulatedRules
  /** What happens to the customer, in order of `receivedAtMs`. */
  readonly items: readonly BatchItem[]
  readonly untilMs: number
  /** Default: every webhook answers 200 with an empty body. */
  readonly answers?: SimulatedAnswers
}

export interface Simulation {
  readonly actor: CustomerState
  /** Messages handed to a channel, in order; `nowMs` is when. */
  readonly deliveries: readonly DeliveryRequest[]
  readonly decisions: readonly Decision[]
  /** What would have been written for people, in order. */
  readonly records: readonly TurnRecord[]
}

/**
 * What happens to one customer under a virtual clock: the same `advance()` as on the engine, driven
 * by the events given and by the instants it asks to be woken at. Arbitration and rules answer at
 * once, every channel takes every message. Events that the book does not name are left out, as the
 * filter does.
 *
 * Cost: microseconds per event and due instant; months take no longer than minutes.
 */
export function simulate({ actor, rules, items, untilMs, answers }: SimulationInput): Simulation {
  const deliveries: DeliveryRequest[] = []
  const decisions: Decision[] = []
  const records: TurnRecord[] = []
  const simulated = new SimulatedActor(actor, rules, {
    record: (record) => void records.push(record),
    decision: (decision) => void decisions.push(decision),
    delivery: (request) => void deliveries.push(request),
    ...(answers === undefined ? {} : { call: simulatedCalls(answers, rules.definitions) }),
  })
  for (const item of items) {
    if (item.receivedAtMs > untilMs) break
    if (item.type === 'event' && !Object.hasOwn(rules.book.events, item.name)) continue
    simulated.sleepUntil(item.receivedAtMs)
    simulated.happen([item])
  }
  simulated.sleepUntil(untilMs)
  return { actor: simulated.actor, deliveries, decisions, records }
}
