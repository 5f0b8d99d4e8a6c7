import { absorbRules, advance } from '../../domain/actor/advance.ts'
import type { Contact, CustomerState } from '../../domain/actor/customer-state.ts'
import type {
  CallRequest,
  DeliveryRequest,
  Effect,
  Legacy,
  TurnRecord,
} from '../../domain/actor/effects.ts'
import type {
  BatchItem,
  CallOutcome,
  FactChange,
  ForwardedOutcome,
  Input,
  SendOutcome,
} from '../../domain/actor/inputs.ts'
import { newCustomer } from '../../domain/actor/new-customer.ts'
import { activeRun, isForeground, type Rules } from '../../domain/actor/turn.ts'
import { answerFrom } from '../../domain/decisioning/answer.ts'
import { arbitrate } from '../../domain/decisioning/arbitrate.ts'
import type { ArbitrationRequest, Decision } from '../../domain/decisioning/arbitration.ts'
import type { ContactRules, Exclusion } from '../../domain/contact/policy.ts'
import {
  storedFacts,
  type StoredEvent,
  type StoredFacts,
} from '../../domain/customers/stored-facts.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { RuleBook } from '../../domain/journeys/rule-book.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { SimulatedRules } from '../../domain/simulated-actor.ts'
import { publishedTogether } from '../../domain/simulation.ts'
import type { Touchpoint } from '../../domain/touchpoints/touchpoint.ts'
import { contactRules } from './contact-rules.ts'

const NOTHING_STORED: StoredFacts = {
  events: {},
  traits: {},
  has: {},
  returned: [],
  returnedAtMs: [],
}

interface EventOptions {
  readonly properties?: JsonObject
  readonly occurredAt?: string
  readonly historical?: true
  readonly facts?: FactChange
  readonly touchpoint?: Touchpoint
}

/**
 * Drives `advance()` by hand, under a clock of its own. Unlike the simulator it can hold answers
 * back, deliver twice and let sends fail: what happens while something is open.
 */
export class ActorPlayer {
  actor: CustomerState
  nowMs: number
  readonly sent: DeliveryRequest[] = []
  readonly decisions: Decision[] = []
  /** What was decided about, in the same order. */
  readonly requests: ArbitrationRequest[] = []
  readonly records: TurnRecord[] = []
  /** Effects whose answers are held back, in order. */
  readonly held: Effect[] = []
  holdDecisions = false
  /** Sends and calls. */
  holdSends = false
  readonly called: CallRequest[] = []
  answerCall: (request: CallRequest) => CallOutcome = () => ({
    type: 'answered',
    atMs: this.nowMs,
    answer: { status: 200, body: {} },
  })
  answerSend: (request: DeliveryRequest) => SendOutcome = () => ({
    type: 'sent',
    atMs: this.nowMs,
    providerId: null,
  })
  /** What the store knows to have gone out; told where a rule of fatigue asks for it. */
  storedContacts: readonly Contact[] = []
  #rules: Rules
  #published: SimulatedRules
  /** All that were ever in force: what was told under one is handled under it. */
  readonly #editions: SimulatedRules[] = []
  #publications = 1
  #wakeAtMs: number | null = null
  #seq: number
  /** Every event that it was told, as the store would hold it. */
  readonly #stored: StoredEvent[] = []
  /** What it left to the customer that it became part of. */
  legacy: Legacy | null = null
  /** What became, after that, of what it had under way. */
  readonly forwarded: ForwardedOutcome[] = []
  readonly #merged: ActorPlayer[] = []

  constructor(
    journeys: readonly Journey[],
    start: string,
    zone = 'UTC',
    {
      customerId = 'c1',
      known = true,
      afterSeq = 0,
    }: { customerId?: string; known?: boolean; afterSeq?: number } = {},
  ) {
    this.#seq = afterSeq
    this.#published = publishedTogether(journeys)
    this.#editions.push(this.#published)
    this.#rules = { book: null, definitions: {} }
    this.nowMs = Date.parse(start)
    this.actor = newCustomer({ customerId, test: false, zone, known }, this.nowMs)
  }

  /** Puts other rules in force, as from the next batch on. */
  publish(published: SimulatedRules): this {
    this.#published = published
    this.#editions.push(published)
    return this
  }

  /** Puts a contact policy in force: at once in the store, and for the actor when it hears of the book. */
  govern(parts: Partial<ContactRules>): this {
    const n = ++this.#publications
    const contact = contactRules({ hash: `policy-${n}`, version: n, ...parts })
    const { book, ...others } = this.#published
    return this.publish({ ...others, book: { ...book, hash: `book-${n}`, contact } })
  }

  /** Somebody opens an exclusion by hand; `closeExclusion` ends it. */
  exclude(reason: string, parts: Partial<Exclusion> = {}): this {
    const exclusion: Exclusion = {
      exclusionId: reason,
      rule: null,
      reason,
      scope: {},
      source: 'by hand',
      sinceMs: this.nowMs,
      fromMs: this.nowMs,
      untilMs: null,
      ...parts,
    }
    const row = { type: 'exclusion', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return this.batch([{ ...row, change: 'open', exclusion }])
  }

  closeExclusion(exclusionId: string): this {
    const row = { type: 'exclusion', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return this.batch([{ ...row, change: 'close', exclusionId }])
  }

  /** Sends that were stopped go on. */
  resumeSends(deliveryId: string | null = null): this {
    const row = { type: 'release', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return this.batch([{ ...row, deliveryId, reason: 'resumed' }])
  }

  /** A word that the run of a journey is to end. */
  exit(journey: string): BatchItem {
    const row = { type: 'exit', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return { ...row, journey, reason: 'cancelled' }
  }

  /** Answers a send that was held back, or that has come to its end nevertheless. */
  tell(effect: Effect | undefined, outcome: SendOutcome): this {
    if (effect?.type !== 'deliver') throw new Error('That is no send.')
    const { deliveryId, attempt } = effect.request
    this.settle([{ type: 'sendOutcome', deliveryId, attempt, outcome }])
    return this
  }

  /** Reachable by mail, with consent: what most stories need. */
  reachable(): this {
    return this.learn({ has: { email: true } }).consent(true)
  }

  /** Something about the customer became known or changed. */
  learn(facts: FactChange): this {
    return this.batch([{ type: 'facts', seq: ++this.#seq, receivedAtMs: this.nowMs, facts }])
  }

  consent(granted: boolean, channel = 'email'): this {
    return this.batch([
      {
        type: 'consent',
        seq: ++this.#seq,
        receivedAtMs: this.nowMs,
        purpose: 'marketing',
        channel,
        granted,
      },
    ])
  }

  event(name: string, options: EventOptions = {}): this {
    return this.batch([this.item(name, options)])
  }

  item(
    name: string,
    { properties = {}, occurredAt, historical, facts, touchpoint }: EventOptions = {},
  ): BatchItem {
    return {
      type: 'event',
      seq: ++this.#seq,
      name,
      occurredAtMs: occurredAt === undefined ? this.nowMs : Date.parse(occurredAt),
      receivedAtMs: this.nowMs,
      properties,
      ...touchpoint,
      ...(historical === undefined ? {} : { historical }),
      ...(facts === undefined ? {} : { facts }),
    }
  }

  /** Its own events and those of whoever became part of it. */
  get stored(): readonly StoredEvent[] {
    return [...this.#stored, ...this.#merged.flatMap((other) => other.stored)]
  }

  /** Becomes part of another customer, as far as it is told so. */
  leave(into: ActorPlayer, mergeId = `${this.actor.customerId}-merge`): this {
    const row = { type: 'leave', seq: ++this.#seq, receivedAtMs: this.nowMs } as const
    return this.batch([{ ...row, mergeId, into: into.actor.customerId }])
  }

  /** The row that tells of what another left. */
  absorption(other: ActorPlayer): BatchItem {
    if (other.legacy === null) throw new Error('It has handed over nothing.')
    if (!this.#merged.includes(other)) this.#merged.push(other)
    const { mergeId, exported: from } = other.legacy
    return { type: 'absorb', seq: ++this.#seq, receivedAtMs: this.nowMs, mergeId, from }
  }

  /** Takes over what another left. */
  absorb(other: ActorPlayer): this {
    return this.batch([this.absorption(other)])
  }

  /** Hears what became of what the others had under way. */
  hearForwarded(): this {
    const outcomes = this.#merged.flatMap(({ forwarded }) => forwarded.splice(0))
    const row = () => ({ type: 'outcome', seq: ++this.#seq, receivedAtMs: this.nowMs }) as const
    if (outcomes.length > 0) this.batch(outcomes.map((outcome) => ({ ...row(), ...outcome })))
    return this
  }

  batch(items: readonly BatchItem[], n = this.nextBatch()): this {
    for (const item of items) if (item.type === 'event') this.#stored.push(item)
    const names = items.flatMap((item) => (item.type === 'event' ? [item.name] : []))
    const entryRules = [...new Set(names.flatMap((name) => this.#published.entryRules[name] ?? []))]
    this.settle([
      { type: 'batch', batch: { n, bookHash: this.#published.book.hash, entryRules, items } },
    ])
    return this
  }

  /** What the next batch is numbered, those that wait included. */
  nextBatch(): number {
    const waiting = this.actor.collected.map((input) =>
      input.type === 'batch' ? input.batch.n : 0,
    )
    return Math.max(this.actor.lastBatch, ...waiting) + 1
  }

  /** Lets time pass: every due instant fires at its own. */
  until(instant: string): this {
    const untilMs = Date.parse(instant)
    while (this.#wakeAtMs !== null && this.#wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.#wakeAtMs)
      this.settle([])
    }
    this.nowMs = untilMs
    return this
  }

  /** Answers everything that was held back. */
  release(): this {
    this.holdDecisions = false
    this.holdSends = false
    this.settle(this.held.splice(0).flatMap((effect) => this.#perform(effect)))
    return this
  }

  settle(first: readonly Input[]): void {
    let inputs = first
    do {
      this.#rules = inputs.reduce(absorbRules, this.#rules)
      const { actor, effects, wakeAtMs } = advance(this.actor, this.#rules, inputs, this.nowMs)
      this.actor = actor
      this.#wakeAtMs = wakeAtMs
      inputs = effects.flatMap((effect) => this.#perform(effect))
    } while (inputs.length > 0)
  }

  /** In the foreground. */
  get active(): string | null {
    const run = activeRun(this.actor)
    return run === undefined ? null : `${run.journey}:${run.step}`
  }

  /** In the service lane. */
  get beside(): string[] {
    return this.actor.runs
      .filter((run) => !isForeground(run))
      .map(({ journey, step }) => `${journey}:${step}`)
  }

  get paused(): string[] {
    return this.actor.runs.filter(({ status }) => status === 'paused').map(({ journey }) => journey)
  }

  get mails(): string[] {
    return this.sent.map(
      ({ message, nowMs }) => `${new Date(nowMs).toISOString().slice(0, 16)} ${message}`,
    )
  }

  /** Verdicts of the actor's own gate: message, status and reason. */
  get keptBack(): string[] {
    return this.records.flatMap(({ deliveries }) =>
      deliveries.map(({ message, status, reason }) => `${message} ${status}: ${reason}`),
    )
  }

  /** Run endings: journey and reason. */
  get endings(): string[] {
    return this.records.flatMap(({ runs }) =>
      runs.flatMap(({ journey, endReason }) =>
        endReason === null ? [] : [`${journey}: ${endReason}`],
      ),
    )
  }

  #perform(effect: Effect): Input[] {
    switch (effect.type) {
      case 'load': {
        const { bookHash } = effect.request
        const { book } =
          this.#editions.findLast((each) => each.book.hash === bookHash) ?? this.#published
        const definitions = effect.request.definitions.flatMap(
          (hash) => this.#published.definitions[hash] ?? [],
        )
        const { unites, recalled } = effect.request
        const loaded =
          unites === undefined ? NOTHING_STORED : { ...this.#storedFacts(book), unites }
        const contacts = recalled === undefined ? this.storedContacts : []
        return [{ type: 'loaded', loaded: { book, definitions, ...loaded, contacts } }]
      }
      case 'arbitrate': {
        if (effect.record !== null) this.records.push(effect.record)
        if (this.holdDecisions) return this.#hold(effect)
        const decision = arbitrate(effect.request)
        this.decisions.push(decision)
        this.requests.push(effect.request)
        const { definitions } = this.#published
        const { bookHash } = effect.request
        const answer = answerFrom(effect.request, decision, definitions, bookHash)
        return [{ type: 'arbitrated', answer }]
      }
      case 'deliver': {
        if (effect.record !== null) this.records.push(effect.record)
        if (this.holdSends) return this.#hold(effect)
        const { deliveryId, attempt } = effect.request
        const outcome = this.answerSend(effect.request)
        if (outcome.type === 'sent') this.sent.push(effect.request)
        return [{ type: 'sendOutcome', deliveryId, attempt, outcome }]
      }
      case 'call': {
        if (effect.record !== null) this.records.push(effect.record)
        if (this.holdSends) return this.#hold(effect)
        const { callId, attempt } = effect.request
        this.called.push(effect.request)
        return [{ type: 'callOutcome', callId, attempt, outcome: this.answerCall(effect.request) }]
      }
      case 'withdraw': {
        const index = this.held.findIndex((each) => keyOf(each) === effect.key)
        const [taken] = index < 0 ? [] : this.held.splice(index, 1)
        if (taken?.type !== 'deliver') return []
        const { deliveryId, attempt } = taken.request
        return [{ type: 'sendOutcome', deliveryId, attempt, outcome: { type: 'withdrawn' } }]
      }
      case 'handOver':
        if (effect.record !== null) this.records.push(effect.record)
        this.legacy = effect.legacy
        return [{ type: 'handedOver', mergeId: effect.legacy.mergeId }]
      case 'forward':
        this.forwarded.push(effect.outcome)
        return []
      case 'record':
        this.records.push(effect.record)
        return []
    }
  }

  /** Events as they are stored, traits as the actors know them. */
  #storedFacts(book: RuleBook): StoredFacts {
    const all = [...this.#merged, this].map(({ actor }) => actor.facts)
    const profile = { traits: {}, known: this.actor.known, zone: this.actor.zone }
    return {
      ...storedFacts(this.stored, profile, book),
      traits: Object.assign({}, ...all.map(({ traits }) => traits)) as JsonObject,
      has: Object.assign({}, ...all.map(({ has }) => has)) as Record<string, boolean>,
      dates: Object.assign({}, ...all.map(({ dates }) => dates)) as Record<string, string>,
    }
  }

  #hold(effect: Effect): Input[] {
    this.held.push(effect)
    return []
  }
}

function keyOf(effect: Effect): string | null {
  if (effect.type === 'deliver') return effect.request.deliveryId
  return effect.type === 'call' ? effect.request.callId : null
}
