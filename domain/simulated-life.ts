import type { CustomerState } from './actor/customer-state.ts'
import type { DeliveryRequest, EmittedEvent, Legacy, TurnRecord } from './actor/effects.ts'
import type { BatchItem, SendOutcome } from './actor/inputs.ts'
import { itemsOf, rowOfEmitted, type LogRow } from './actor/log-items.ts'
import { newCustomer } from './actor/new-customer.ts'
import { channelSpec } from './channels/index.ts'
import { blockedBy } from './contact/blocked-address.ts'
import type { ContactRules } from './contact/policy.ts'
import { currentFacts, factChange } from './customers/fact-change.ts'
import {
  DEFAULT_TRAIT_RULES,
  mergeProfiles,
  mergeTraitsOfJourneys,
  type TraitRules,
} from './customers/golden-record.ts'
import { hearEvent, type KnownProfile } from './customers/hear-event.ts'
import { storedFacts } from './customers/stored-facts.ts'
import type { ArbitrationRequest, Decision } from './decisioning/arbitration.ts'
import { invariant } from './errors.ts'
import type { ChannelName } from './journeys/values.ts'
import type { JsonObject } from './json.ts'
import { simulatedCalls, type SimulatedAnswers } from './simulated-calls.ts'
import { SimulatedActor, type SimulatedRules } from './simulated-actor.ts'
import type { LoggedConsent, LoggedEvent } from './timeline.ts'
import type { Touchpoint } from './touchpoints/touchpoint.ts'

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
      readonly touchpoint?: Touchpoint
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

/** Who becomes part of whom, and when. */
export interface SimulatedMerge {
  readonly mergeId: string
  readonly atMs: number
  readonly winner: SimulatedLife
}

export interface LifeInput {
  readonly customerId: string
  /** A user id or a registration is known from the start. */
  readonly known: boolean
  readonly zone: string
  readonly createdAtMs: number
  readonly rules: SimulatedRules
  /** Default: those that hold where nothing was published. */
  readonly traitRules?: TraitRules
  /** What becomes of a message. Default: it is sent at once. */
  readonly send?: (request: DeliveryRequest, life: SimulatedLife) => SimulatedSend
  /** Default: every webhook answers 200 with an empty body. */
  readonly answers?: SimulatedAnswers
  readonly wakesMax?: number
  /** Its log is numbered after this one: that of two who become one is one log. Default: 0. */
  readonly afterSeq?: number
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
  readonly #traitRules: TraitRules
  readonly #actor: SimulatedActor
  /** Those who became part of this customer. */
  readonly #merged: SimulatedLife[] = []
  /** Whom it has become part of. */
  #survivor: SimulatedLife | null = null
  /** What this customer left to the one that it became part of. */
  #legacy: Legacy | null = null
  /** Addresses that events said are not to be used, with their channel. */
  readonly #blocked = new Set<string>()
  #seq: number

  constructor(input: LifeInput) {
    const { customerId, known, zone, createdAtMs, rules, send, answers = {}, wakesMax } = input
    this.#seq = input.afterSeq ?? 0
    this.profile = { traits: {}, origins: {}, known, zone, unheard: true }
    this.#rules = rules
    this.#traitRules = input.traitRules ?? DEFAULT_TRAIT_RULES
    const newcomer = newCustomer({ customerId, test: true, zone, known }, createdAtMs)
    this.#actor = new SimulatedActor(newcomer, rules, {
      record: (record) => this.#keep(record),
      decision: (decision, request) => void this.decisions.push({ decision, request }),
      call: simulatedCalls(answers, rules.definitions),
      emitted: (event) => this.#logEmitted(event),
      send: (request) => this.#send(request, send),
      stored: () => storedFacts(this.allEvents, this.profile, rules.book),
      handedOver: (legacy) => void (this.#legacy = legacy),
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

  /** Lets time pass, then lets it happen: to the survivor, where it has become part of another. */
  happen(event: LifeEvent): void {
    if (this.#survivor !== null) {
      this.#survivor.happen(event)
      return
    }
    this.sleepUntil(event.atMs)
    if (event.type === 'track' || event.type === 'identify') this.#say(event)
    else this.#command(event)
  }

  /** Its own events and those of whoever became part of it. */
  get allEvents(): readonly LoggedEvent[] {
    return [...this.events, ...this.#merged.flatMap((life) => life.allEvents)]
  }

  /** Becomes part of another customer: hands over, and what it has said is the other's from now on. */
  mergeInto({ mergeId, atMs, winner }: SimulatedMerge): void {
    this.sleepUntil(atMs)
    winner.sleepUntil(atMs)
    const into = winner.actor.customerId
    this.#actor.happen([{ type: 'leave', seq: ++this.#seq, receivedAtMs: atMs, mergeId, into }])
    invariant(this.#legacy !== null, 'who leaves hands over')
    this.#survivor = winner
    winner.#absorb(this, this.#legacy, atMs)
  }

  #absorb(other: SimulatedLife, { mergeId, exported }: Legacy, atMs: number): void {
    this.#merged.push(other)
    const before = this.profile
    this.profile = { ...mergeProfiles(before, other.profile, this.#traitRules), unheard: false }
    for (const address of other.#blocked) this.#blocked.add(address)
    const { book } = this.#rules
    const facts = before.unheard
      ? currentFacts(this.profile, book)
      : factChange(before, this.profile, book)
    const row = { seq: ++this.#seq, receivedAtMs: atMs }
    this.#actor.happen([
      ...(facts === null ? [] : [{ type: 'facts' as const, ...row, facts }]),
      { type: 'absorb', ...row, mergeId, from: exported },
    ])
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
    return this.#blocked.has(`${channel} ${channelSpec(channel).plain(address)}`)
  }

  #say(event: Extract<LifeEvent, { type: 'track' | 'identify' }>): void {
    const isTrack = event.type === 'track'
    const name = isTrack ? event.event : null
    const occurredAtMs = (isTrack ? event.occurredAtMs : undefined) ?? event.atMs
    const logged = {
      seq: ++this.#seq,
      type: event.type,
      name,
      properties: isTrack ? event.properties : {},
      historical: isTrack && event.historical,
      occurredAtMs: Math.min(occurredAtMs, event.atMs),
      receivedAtMs: event.atMs,
    }
    const touchpoint = isTrack ? event.touchpoint : undefined
    const spoken = {
      ...logged,
      // Who says nothing else of itself is known by the call.
      source: touchpoint?.source ?? event.type,
      touchpoint,
      said: isTrack ? {} : event.traits,
      deviceZone: undefined,
      namesUser: this.profile.known,
    }
    const { passes, facts, after } = hearEvent(
      this.profile,
      spoken,
      this.#rules.book,
      this.#traitRules,
    )
    this.profile = after
    if (name !== null)
      for (const { channel, address } of blockedBy(
        this.contact?.exclusions ?? [],
        { ...logged, ...touchpoint, name },
        after,
      ))
        this.#blocked.add(`${channel} ${address}`)
    this.events.push({
      ...logged,
      messageId: event.messageId ?? `simulated-${logged.seq}`,
      traits: isTrack ? null : event.traits,
      handling: passes ? 'batched' : 'filtered',
    })
    if (passes) this.#tell({ ...logged, ...touchpoint, payload: null, facts })
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
    const { traits, traitsBy: by, page } = record
    this.profile = mergeTraitsOfJourneys(
      this.profile,
      { traits, by, atMs: page.atMs },
      this.#traitRules,
    )
  }
}
