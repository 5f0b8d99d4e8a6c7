import { advance } from './actor/advance.ts'
import type { CustomerState } from './actor/customer-state.ts'
import type { DeliveryRequest, Effect, TurnRecord } from './actor/effects.ts'
import type { BatchItem, Input } from './actor/inputs.ts'
import { DEFAULT_LIFECYCLE_RULES } from './customers/lifecycle-rules.ts'
import type { Rules } from './actor/turn.ts'
import { arbitrate } from './decisioning/arbitrate.ts'
import type { Decision } from './decisioning/arbitration.ts'
import { invariant } from './errors.ts'
import { compileRun } from './journeys/compile.ts'
import { compileEntryRules, compileRuleBook } from './journeys/compile-rule-book.ts'
import type { EntryRule, Journey, RunDefinition } from './journeys/journey.ts'
import type { RuleBook } from './journeys/rule-book.ts'

/** Advances at one instant, and wake-ups in one simulation: beyond it something does not come to rest. */
const ROUNDS_MAX = 1_000
const WAKES_MAX = 100_000

/** Everything published, as the actor of a simulation meets it. It does not change while one runs. */
export interface SimulatedRules {
  readonly book: RuleBook
  /** Event name → entry rules that it could trigger. */
  readonly entryRules: Readonly<Record<string, readonly EntryRule[]>>
  /** By content hash. */
  readonly definitions: Readonly<Record<string, RunDefinition>>
}

/** These journeys, each as its version 1, published at once under the default lifecycle. */
export function publishedTogether(journeys: readonly Journey[]): SimulatedRules {
  const versions = journeys.map((journey) => ({
    journey,
    version: 1,
    hash: journey.key,
    live: true,
  }))
  const book = compileRuleBook({
    journeys: versions,
    lifecycle: DEFAULT_LIFECYCLE_RULES,
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

export interface SimulationInput {
  /** A customer of whom no event is stored yet. */
  readonly actor: CustomerState
  readonly rules: SimulatedRules
  /** What happens to the customer, in order of `receivedAtMs`. */
  readonly items: readonly BatchItem[]
  readonly untilMs: number
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
export function simulate({ actor, rules, items, untilMs }: SimulationInput): Simulation {
  const driver = new Driver(actor, rules)
  for (const item of items) {
    if (item.receivedAtMs > untilMs) break
    if (item.type === 'event' && !Object.hasOwn(rules.book.events, item.name)) continue
    driver.sleepUntil(item.receivedAtMs)
    driver.happen(item)
  }
  driver.sleepUntil(untilMs)
  const { deliveries, decisions, records } = driver
  return { actor: driver.actor, deliveries, decisions, records }
}

/** Stands where the workflow stands: waits, and carries out what the actor wants. */
class Driver {
  actor: CustomerState
  readonly deliveries: DeliveryRequest[] = []
  readonly decisions: Decision[] = []
  readonly records: TurnRecord[] = []
  private readonly published: SimulatedRules
  /** What the actor has loaded: no book until it asks for one. */
  private loaded: Rules
  private wakeAtMs: number | null = null

  constructor(actor: CustomerState, published: SimulatedRules) {
    this.actor = actor
    this.published = published
    this.loaded = { book: null, definitions: published.definitions }
  }

  /** Lets every instant that is due by `untilMs` happen at its own time. */
  sleepUntil(untilMs: number): void {
    for (let wakes = 0; this.wakeAtMs !== null && this.wakeAtMs <= untilMs; wakes++) {
      invariant(wakes < WAKES_MAX, 'a customer comes to rest')
      this.settle([], this.wakeAtMs)
    }
  }

  happen(item: BatchItem): void {
    const { book, entryRules } = this.published
    const name = item.type === 'event' ? item.name : null
    const batch = {
      n: this.actor.lastBatch + 1,
      bookHash: book.hash,
      entryRules: name !== null && Object.hasOwn(entryRules, name) ? (entryRules[name] ?? []) : [],
      items: [item],
    }
    this.settle([{ type: 'batch', batch }], item.receivedAtMs)
  }

  /** Advances until the actor wants nothing more at this instant. */
  private settle(first: readonly Input[], nowMs: number): void {
    let inputs = first
    for (let rounds = 0; ; rounds++) {
      invariant(rounds < ROUNDS_MAX, 'an actor comes to rest at one instant')
      const { actor, effects, wakeAtMs } = advance(this.actor, this.loaded, inputs, nowMs)
      this.actor = actor
      this.wakeAtMs = wakeAtMs
      inputs = effects.flatMap((effect, index) =>
        this.perform(effect, isTakenBack(effect, effects.slice(index + 1)), nowMs),
      )
      if (inputs.length === 0) return
    }
  }

  private perform(effect: Effect, takenBack: boolean, nowMs: number): Input[] {
    if ('record' in effect && effect.record !== null) this.records.push(effect.record)
    switch (effect.type) {
      case 'load': {
        const { book, definitions } = this.published
        this.loaded = { book, definitions }
        // Nothing is stored but what the simulation has played: what is newly counted starts at none.
        const nothing = { events: {}, traits: {}, has: {}, returned: [], returnedAtMs: [] }
        return [{ type: 'loaded', loaded: { book, definitions: [], ...nothing } }]
      }
      case 'arbitrate': {
        const { book, definitions } = this.published
        const decision = arbitrate(effect.request, () => true)
        this.decisions.push(decision)
        const winner = effect.request.candidates.find(
          ({ candidateId, source }) => candidateId === decision.winner && source !== 'paused',
        )
        const definition = winner === undefined ? null : (definitions[winner.hash] ?? null)
        const answer = { type: 'decided', decision, definition, bookHash: book.hash } as const
        return [{ type: 'arbitrated', answer }]
      }
      case 'deliver': {
        const { deliveryId, attempt } = effect.request
        if (!takenBack) this.deliveries.push(effect.request)
        const outcome = takenBack
          ? ({ type: 'withdrawn' } as const)
          : ({ type: 'sent', atMs: nowMs, providerId: null } as const)
        return [{ type: 'sendOutcome', deliveryId, attempt, outcome }]
      }
      case 'withdraw':
      case 'record':
        return []
      default:
        return effect satisfies never
    }
  }
}

function isTakenBack(effect: Effect, later: readonly Effect[]): boolean {
  return (
    effect.type === 'deliver' &&
    later.some((each) => each.type === 'withdraw' && each.deliveryId === effect.request.deliveryId)
  )
}
