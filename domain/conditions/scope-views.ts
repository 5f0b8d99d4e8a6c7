import type { JsonObject, JsonValue } from '../json.ts'
import type { ConditionScope, Evaluation, ScopeEvent } from '../conditions.ts'
import { UNKNOWN_SOURCE } from '../touchpoints/touchpoint.ts'

/** An instant as conditions see it. */
export class Timestamp {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
}

/** `event` and `entry` in conditions. Where nobody said from where, there is a text all the same, so that it can be compared. */
export class EventView {
  readonly #event: ScopeEvent
  constructor(event: ScopeEvent) {
    this.#event = event
  }
  get name(): string {
    return this.#event.name
  }
  get properties(): JsonObject {
    return this.#event.properties
  }
  get source(): string {
    return this.#event.source ?? UNKNOWN_SOURCE
  }
  get channel(): string {
    return this.#event.channel ?? ''
  }
  get occurredAt(): Timestamp {
    return new Timestamp(this.#event.occurredAtMs)
  }
  get receivedAt(): Timestamp {
    return new Timestamp(this.#event.receivedAtMs)
  }
}

/** `customer` in conditions. A purpose that was never recorded is off, so that `!` works on it. */
export class CustomerView {
  readonly #customer: ConditionScope['customer']
  readonly #purposes: readonly string[]
  constructor(customer: ConditionScope['customer'], purposes: readonly string[]) {
    this.#customer = customer
    this.#purposes = purposes
  }
  get traits(): Readonly<Record<string, JsonValue>> {
    return this.#customer.traits
  }
  get lifecycle(): string {
    return this.#customer.lifecycle
  }
  get value(): number {
    return this.#customer.value ?? 0
  }
  get consent(): Readonly<Record<string, boolean>> {
    const { consents } = this.#customer
    return Object.fromEntries(
      [...this.#purposes, ...Object.keys(consents)].map((purpose) => [
        purpose,
        Object.hasOwn(consents, purpose) && Object.values(consents[purpose] ?? {}).includes(true),
      ]),
    )
  }
}

/** What `fact(…)` answers, by name. */
export type FactValues = Map<string, Evaluation<unknown>>

/** The names that a condition starts from. The library reads each by need, so nothing is built in vain. */
export class ScopeView {
  /** Where our functions find the plain scope. Not a name that CEL can write. */
  readonly $scope: ConditionScope
  readonly $facts: FactValues
  readonly #purposes: readonly string[]
  constructor(scope: ConditionScope, purposes: readonly string[], facts: FactValues) {
    this.$scope = scope
    this.$facts = facts
    this.#purposes = purposes
  }
  get customer(): CustomerView {
    return new CustomerView(this.$scope.customer, this.#purposes)
  }
  get event(): EventView | undefined {
    return this.$scope.event ? new EventView(this.$scope.event) : undefined
  }
  get entry(): EventView | undefined {
    return this.$scope.entry ? new EventView(this.$scope.entry) : undefined
  }
  get answers(): Readonly<Record<string, JsonValue>> {
    return this.$scope.answers ?? {}
  }
  get now(): Timestamp {
    return new Timestamp(this.$scope.nowMs)
  }
}
