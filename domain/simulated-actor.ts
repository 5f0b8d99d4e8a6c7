import { advance } from './actor/advance.ts'
import type { CustomerState } from './actor/customer-state.ts'
import type {
  CallRequest,
  DeliveryRequest,
  Effect,
  EmittedEvent,
  Legacy,
  TurnRecord,
} from './actor/effects.ts'
import type { StoredFacts } from './customers/stored-facts.ts'
import type { BatchItem, ForwardedOutcome, Input, SendOutcome } from './actor/inputs.ts'
import { itemsOf, rowOfEmitted, rulesFor } from './actor/log-items.ts'
import type { Rules, StepVisit } from './actor/turn.ts'
import { answerFrom } from './decisioning/answer.ts'
import { arbitrate } from './decisioning/arbitrate.ts'
import type { ArbitrationRequest, Decision } from './decisioning/arbitration.ts'
import { DomainError, invariant } from './errors.ts'
import { concludeCall, type CallReply } from './journeys/call-answer.ts'
import type { EntryRule, RunDefinition } from './journeys/journey.ts'
import type { RuleBook } from './journeys/rule-book.ts'

/** Advances at one instant, and wake-ups in one life: beyond it something does not come to rest. */
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

/** The world around a simulated actor: what it is told as it goes, and how it answers. */
export interface Surroundings {
  /** What would be written for people. */
  readonly record?: (record: TurnRecord) => void
  readonly decision?: (decision: Decision, request: ArbitrationRequest) => void
  /** A message that reached its channel, or was refused on the way. */
  readonly delivery?: (request: DeliveryRequest, outcome: SendOutcome) => void
  /** A step that a run came to. */
  readonly visit?: (visit: StepVisit) => void
  /** What becomes of a message. Default: it is sent at once. */
  readonly send?: (request: DeliveryRequest) => SendOutcome
  /** What a webhook answers. Default: 200 with an empty body. */
  readonly call?: (request: CallRequest) => CallReply
  /** What the actor hears of an event that a journey made. Default: it, where the book names it. */
  readonly emitted?: (event: EmittedEvent) => readonly BatchItem[]
  /** What is stored of the customer's past, asked for after a merge. Default: nothing but what was played. */
  readonly stored?: () => StoredFacts
  /** All that the customer held, who becomes part of another. */
  readonly handedOver?: (legacy: Legacy) => void
  /** What became of a message or a call that was under way then. */
  readonly forwarded?: (outcome: ForwardedOutcome) => void
  /** Wake-ups after which the actor is taken not to come to rest. Default: 100,000. */
  readonly wakesMax?: number
}

/**
 * One actor under a virtual clock. Stands where the workflow stands: waits, and carries out what
 * the actor wants.
 *
 * I1  Time only goes forward: `sleepUntil` before what happens then.
 */
export class SimulatedActor {
  actor: CustomerState
  readonly #published: SimulatedRules
  readonly #around: Surroundings
  /** What the actor has loaded: no book until it asks for one. */
  #loaded: Rules
  #wakeAtMs: number | null = null
  #wakes = 0
  /** Made, and not heard yet. */
  readonly #emitted: EmittedEvent[] = []
  /** Numbers of the log are above 0; what is not in it counts the other way. */
  #unloggedSeq = 0

  constructor(actor: CustomerState, published: SimulatedRules, around: Surroundings = {}) {
    this.actor = actor
    this.#published = published
    this.#around = around
    this.#loaded = { book: null, definitions: published.definitions }
  }

  /**
   * Lets every instant that is due by `untilMs` happen at its own time.
   *
   * @throws {DomainError} `unacceptable`: more wake-ups than `wakesMax`
   */
  sleepUntil(untilMs: number): void {
    while (this.#wakeAtMs !== null && this.#wakeAtMs <= untilMs) {
      this.#countWake()
      const nowMs = this.#wakeAtMs
      this.#settle([], nowMs)
      this.#hearEmitted(nowMs)
    }
  }

  #countWake(): void {
    const { wakesMax = WAKES_MAX } = this.#around
    if (++this.#wakes > wakesMax)
      throw new DomainError(
        'unacceptable',
        `The customer is woken more than ${wakesMax} times; end the simulation earlier.`,
      )
  }

  /** Rows of the customer's log that arrive together; they share their `receivedAtMs`. */
  happen(items: readonly BatchItem[]): void {
    const [first] = items
    if (first === undefined) return
    this.#tell(items, first.receivedAtMs)
    this.#hearEmitted(first.receivedAtMs)
  }

  /** What journeys made comes back through the log, after everything else of this instant. */
  #hearEmitted(nowMs: number): void {
    for (let event = this.#emitted.shift(); event !== undefined; event = this.#emitted.shift()) {
      this.#countWake()
      const items = this.#around.emitted?.(event) ?? this.#heardOf(event)
      if (items.length > 0) this.#tell(items, nowMs)
    }
  }

  #heardOf(event: EmittedEvent): readonly BatchItem[] {
    const { book } = this.#published
    if (!Object.hasOwn(book.events, event.name)) return []
    return itemsOf(rowOfEmitted(event, --this.#unloggedSeq), book)
  }

  #tell(items: readonly BatchItem[], nowMs: number): void {
    const { book, entryRules } = this.#published
    const batch = {
      n: this.actor.lastBatch + 1,
      bookHash: book.hash,
      entryRules: rulesFor(items, entryRules),
      items,
    }
    this.#settle([{ type: 'batch', batch }], nowMs)
  }

  /** Advances until the actor wants nothing more at this instant. */
  #settle(first: readonly Input[], nowMs: number): void {
    let inputs = first
    for (let rounds = 0; ; rounds++) {
      invariant(rounds < ROUNDS_MAX, 'an actor comes to rest at one instant')
      const { actor, effects, wakeAtMs, visits } = advance(this.actor, this.#loaded, inputs, nowMs)
      for (const visit of visits) this.#around.visit?.(visit)
      this.actor = actor
      this.#wakeAtMs = wakeAtMs
      inputs = effects.flatMap((effect, index) =>
        this.#perform(effect, isTakenBack(effect, effects.slice(index + 1)), nowMs),
      )
      if (inputs.length === 0) return
    }
  }

  #perform(effect: Effect, takenBack: boolean, nowMs: number): Input[] {
    if ('record' in effect && effect.record !== null) {
      this.#around.record?.(effect.record)
      this.#emitted.push(...(effect.record.emitted ?? []))
    }
    switch (effect.type) {
      case 'load': {
        const { book, definitions } = this.#published
        this.#loaded = { book, definitions }
        // Nothing is stored but what the simulation has played: what is newly counted starts at none.
        const { unites } = effect.request
        const stored = unites === undefined ? NOTHING_STORED : this.#around.stored?.()
        const facts = {
          ...(stored ?? NOTHING_STORED),
          ...(unites === undefined ? {} : { unites }),
        }
        return [{ type: 'loaded', loaded: { book, definitions: [], ...facts } }]
      }
      case 'arbitrate': {
        const { book, definitions } = this.#published
        const decision = arbitrate(effect.request)
        this.#around.decision?.(decision, effect.request)
        const answer = answerFrom(effect.request, decision, definitions, book.hash)
        return [{ type: 'arbitrated', answer }]
      }
      case 'deliver': {
        const { deliveryId, attempt } = effect.request
        const outcome = takenBack ? TAKEN_BACK : this.#send(effect.request, nowMs)
        return [{ type: 'sendOutcome', deliveryId, attempt, outcome }]
      }
      case 'call': {
        if (takenBack) return []
        const { callId, attempt, giveUpAtMs } = effect.request
        const reply = this.#around.call?.(effect.request) ?? ANSWERED
        const outcome = concludeCall(reply, { attempt, nowMs, giveUpAtMs, shape: WHOLE_BODY })
        return [{ type: 'callOutcome', callId, attempt, outcome }]
      }
      case 'handOver':
        this.#around.handedOver?.(effect.legacy)
        return [{ type: 'handedOver', mergeId: effect.legacy.mergeId }]
      case 'forward':
        this.#around.forwarded?.(effect.outcome)
        return []
      case 'withdraw':
      case 'record':
        return []
      default:
        return effect satisfies never
    }
  }

  #send(request: DeliveryRequest, nowMs: number): SendOutcome {
    const outcome = this.#around.send?.(request) ?? { type: 'sent', atMs: nowMs, providerId: null }
    this.#around.delivery?.(request, outcome)
    return outcome
  }
}

const NOTHING_STORED: StoredFacts = {
  events: {},
  traits: {},
  has: {},
  returned: [],
  returnedAtMs: [],
}
const ANSWERED: CallReply = { status: 200, body: {}, reason: 'http_200' }
/** Nothing travels here, so nothing is left out. */
const WHOLE_BODY = { body: true } as const
const TAKEN_BACK: SendOutcome = { type: 'withdrawn' }

function isTakenBack(effect: Effect, later: readonly Effect[]): boolean {
  if (effect.type !== 'deliver' && effect.type !== 'call') return false
  const key = effect.type === 'deliver' ? effect.request.deliveryId : effect.request.callId
  return later.some((each) => each.type === 'withdraw' && each.key === key)
}
