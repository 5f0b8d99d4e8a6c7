import type { CustomerState } from './actor/customer-state.ts'
import type { DeliveryRequest, EmittedEvent, TurnRecord } from './actor/effects.ts'
import type { BatchItem, SendOutcome } from './actor/inputs.ts'
import { itemsOf, rowOfEmitted, type LogRow } from './actor/log-items.ts'
import { newCustomer } from './actor/new-customer.ts'
import { blockedBy, plainAddress } from './contact/blocked-address.ts'
import type { ContactRules } from './contact/policy.ts'
import { currentFacts, mergeTraits } from './customers/fact-change.ts'
import { hearEvent, type KnownProfile } from './customers/hear-event.ts'
import type { ArbitrationRequest, Decision } from './decisioning/arbitration.ts'
import type { ChannelName } from './journeys/values.ts'
import type { JsonObject } from './json.ts'
import { simulatedCalls, type SimulatedAnswers } from './simulated-calls.ts'
import { SimulatedActor, type SimulatedRules } from './simulated-actor.ts'
import type { LoggedConsent, LoggedEvent } from './timeline.ts'

/** What happens to a customer, as callers would tell it. */
export type LifeEvent = { readonly atMs: number } & (
  | {
      readonly type: 'track'
      readonly event: string
      readonly properties: JsonObject
      readonly historical: boolean
      /** Default: when it was received. */
      readonly occurredAtMs?: number
      readonly messageId?: string
    }
  | { readonly type: 'identify'; readonly traits: JsonObject; readonly messageId?: string }
  | {
      readonly type: 'consent'
      readonly purpose: string
      readonly channel: string
      readonly granted: boolean
      readonly source: string
    }
  | { readonly type: 'exit'; readonly journey: string | null; readonly reason: string }
)

export interface LifeInput {
  readonly customerId: string
  /** A user id or a registration is known from the start. */
  readonly known: boolean
  readonly zone: string
  readonly createdAtMs: number
  readonly rules: SimulatedRules
  /** What becomes of a message. Default: it is sent at once. */
  readonly send?: (request: DeliveryRequest, life: SimulatedLife) => SimulatedSend
  /** Default: every webhook answers 200 with an empty body. */
  readonly answers?: SimulatedAnswers
  readonly wakesMax?: number
}

/** A decision, and what it was about. */
export interface SimulatedDecision {
  readonly decision: Decision
  readonly request: ArbitrationRequest
}

/** What became of a message. */
export interface SimulatedSend {
  readonly outcome: SendOutcome
  /** What the actor is not told. */
  readonly detail?: string
}

/** A message and what became of it. */
export interface SimulatedDelivery extends SimulatedSend {
  readonly request: DeliveryRequest
}

/**
 * One customer from the first word on, under a virtual clock: what callers say goes through the
 * same filter as at ingest, into a log, and from there to the actor. Keeps all that would be stored.
 *
 * I1  Events come in the order of `atMs`.
 */
export class SimulatedLife {
  readonly events: LoggedEvent[] = []
  readonly consents: LoggedConsent[] = []
  readonly records: TurnRecord[] = []
  readonly decisions: SimulatedDecision[] = []
  readonly deliveries: SimulatedDelivery[] = []
  profile: KnownProfile
  readonly #rules: SimulatedRules
  readonly #actor: SimulatedActor
  /** Addresses that events said are not to be used, with their channel. */
  readonly #blocked = new Set<string>()
  #seq = 0

  constructor(input: LifeInput) {
    const { customerId, known, zone, createdAtMs, rules, send, answers = {}, wakesMax } = input
    this.profile = { traits: {}, known, zone, unheard: true }
    this.#rules = rules
    const newcomer = newCustomer({ customerId, test: true, zone, known }, createdAtMs)
    this.#actor = new SimulatedActor(newcomer, rules, {
      record: (record) => this.#keep(record),
      decision: (decision, request) => void this.decisions.push({ decision, request }),
      call: simulatedCalls(answers, rules.definitions),
      emitted: (event) => this.#logEmitted(event),
      send: (request) => this.#send(request, send),
      ...(wakesMax === undefined ? {} : { wakesMax }),
    })
  }

  get actor(): CustomerState {
    return this.#actor.actor
  }

  /** The contact policy. */
  get contact(): ContactRules | undefined {
    return this.#rules.book.contact
  }

  /** Lets time pass, then lets it happen. */
  happen(event: LifeEvent): void {
    this.sleepUntil(event.atMs)
    if (event.type === 'track' || event.type === 'identify') this.#say(event)
    else this.#command(event)
  }

  sleepUntil(untilMs: number): void {
    this.#actor.sleepUntil(untilMs)
  }

  /** The consents in force. */
  get granted(): readonly LoggedConsent[] {
    const newest = new Map(
      this.consents.map((consent) => [`${consent.purpose} ${consent.channel}`, consent]),
    )
    return [...newest.values()]
  }

  /** The event of the log with this number. */
  eventOf(seq: number | null): LoggedEvent | undefined {
    return this.events.find((event) => event.seq === seq)
  }

  /** Whether an event said that an address is not to be used any more. */
  isBlocked(channel: ChannelName, address: string): boolean {
    return this.#blocked.has(`${channel} ${plainAddress(channel, address)}`)
  }

  #say(event: Extract<LifeEvent, { type: 'track' | 'identify' }>): void {
    const isTrack = event.type === 'track'
    const name = isTrack ? event.event : null
    const spoken = {
      name,
      said: isTrack ? {} : event.traits,
      deviceZone: undefined,
      namesUser: this.profile.known,
    }
    const { passes, facts, after } = hearEvent(this.profile, spoken, this.#rules.book)
    this.profile = after
    const seq = ++this.#seq
    const logged = {
      seq,
      type: event.type,
      name,
      properties: isTrack ? event.properties : {},
      historical: isTrack && event.historical,
      occurredAtMs: Math.min((isTrack ? event.occurredAtMs : undefined) ?? event.atMs, event.atMs),
      receivedAtMs: event.atMs,
    }
    if (name !== null)
      for (const { channel, address } of blockedBy(
        this.contact?.exclusions ?? [],
        { ...logged, name },
        after,
      ))
        this.#blocked.add(`${channel} ${address}`)
    this.events.push({
      ...logged,
      messageId: event.messageId ?? `simulated-${seq}`,
      traits: isTrack ? null : event.traits,
      handling: passes ? 'batched' : 'filtered',
    })
    if (passes) this.#tell({ ...logged, payload: null, facts })
  }

  #command(command: Exclude<LifeEvent, { type: 'track' | 'identify' }>): void {
    const { atMs, type, ...payload } = command
    const seq = ++this.#seq
    if (command.type === 'consent') {
      const { purpose, channel, granted, source } = command
      const number = this.consents.length + 1
      this.consents.push({
        number,
        atMs,
        purpose,
        channel,
        granted,
        source,
        proof: null,
        textVersion: null,
      })
    }
    const facts = this.profile.unheard ? currentFacts(this.profile, this.#rules.book) : null
    this.profile = { ...this.profile, unheard: false }
    const instants = { occurredAtMs: atMs, receivedAtMs: atMs }
    const nameless = { name: null, properties: {}, historical: false }
    this.#tell({ seq, type, payload, facts, ...nameless, ...instants })
  }

  /** What a journey made takes its way through the log, like any other event. */
  #logEmitted(event: EmittedEvent): readonly BatchItem[] {
    const row = rowOfEmitted(event, ++this.#seq)
    const passes = Object.hasOwn(this.#rules.book.events, event.name)
    const handling = passes ? 'batched' : 'filtered'
    this.events.push({ ...row, messageId: event.emitId, traits: null, handling })
    return passes ? itemsOf(row, this.#rules.book) : []
  }

  #tell(row: LogRow): void {
    this.#actor.happen(itemsOf(row, this.#rules.book))
  }

  #send(request: DeliveryRequest, send: LifeInput['send']): SendOutcome {
    const sent = send?.(request, this) ?? {
      outcome: { type: 'sent', atMs: request.nowMs, providerId: null },
    }
    this.deliveries.push({ request, ...sent })
    return sent.outcome
  }

  #keep(record: TurnRecord): void {
    this.records.push(record)
    if (Object.keys(record.traits).length > 0)
      this.profile = { ...this.profile, traits: mergeTraits(this.profile.traits, record.traits) }
  }
}
