import { randomUUID } from 'node:crypto'
import type { Client, WorkflowHandle } from '@temporalio/client'
import type { CustomerState } from '../../domain/actor/customer-state.ts'
import type { JsonObject } from '../../domain/json.ts'
import { customerState, customerWorkflowId } from '../../workflows/customer-messages.ts'
import type { TestRumbo } from './rumbo.ts'

/** What a caller is told about one decision. */
export interface DecisionAnswer {
  readonly outcome: string
  readonly winner: string | null
  readonly candidates: readonly {
    readonly journey: string
    readonly version: number
    readonly fate: string
    readonly gate: string | null
    readonly reason: string
  }[]
  readonly replaced: { readonly runId: string; readonly fate: string } | null
}

/** One line of a customer's timeline. */
export interface TimelineLine {
  readonly at: string
  readonly kind: string
  readonly summary: string
}

/** What a caller is told about one message. */
export interface DeliveryAnswer {
  readonly at: string
  readonly message: string
  readonly status: string
  readonly reason: string | null
}

/** Where a customer stands, as far as tests look at it. */
export interface CustomerAnswer {
  readonly lifecycle: { readonly state: string; readonly previous: string | null } | null
  readonly runs: readonly {
    readonly journey: string
    readonly version: number
    readonly status: string
    readonly step: string
    readonly wakeAt: string | null
    readonly lock: JsonObject | null
  }[]
  readonly deferred: readonly { readonly journey: string; readonly until: string }[]
  readonly clock: string
}

interface CustomerOptions {
  readonly traits?: JsonObject
  /** For marketing by e-mail. Default: granted. */
  readonly consent?: boolean
  /** Where mails go instead of the outbox. */
  readonly deliverTo?: string
  readonly userId?: string
}

/** A test customer on the real engine, spoken to over HTTP as a marketer would. */
export class TestCustomer {
  readonly userId: string
  readonly customerId: string
  readonly #rumbo: TestRumbo

  private constructor(rumbo: TestRumbo, userId: string, customerId: string) {
    this.#rumbo = rumbo
    this.userId = userId
    this.customerId = customerId
  }

  /** Reachable by mail, with consent, unless told otherwise. */
  static async create(rumbo: TestRumbo, options: CustomerOptions = {}): Promise<TestCustomer> {
    const { userId = `user-${randomUUID()}`, consent = true, deliverTo } = options
    const traits = options.traits ?? { email: `${userId}@example.com` }
    const created = await ask<{ customerId: string }>(rumbo, 'POST', '/v1/test-customers', {
      userId,
      traits,
      ...(deliverTo === undefined ? {} : { deliverTo }),
    })
    const customer = new TestCustomer(rumbo, userId, created.customerId)
    if (consent) await customer.consent(true)
    return customer
  }

  async consent(granted: boolean): Promise<void> {
    const path = `/v1/customers/${this.customerId}/consents/marketing/email`
    await ask(this.#rumbo, 'PUT', path, { granted, source: 'test' })
  }

  /** Sends an event and waits until it is decided; answers the decisions it led to. */
  async track(
    event: string,
    properties: JsonObject = {},
    more: JsonObject = {},
  ): Promise<DecisionAnswer[]> {
    const body = { userId: this.userId, event, properties, messageId: randomUUID(), ...more }
    const answer = await this.#rumbo.call('POST', '/v1/track?wait=handled', body)
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body['decisions'] as unknown as DecisionAnswer[]
  }

  /** Lets time pass; everything that falls due on the way has happened when this answers. */
  async forward(by: string): Promise<TimelineLine[]> {
    const path = `/v1/customers/${this.customerId}/fast-forward`
    return (await ask<{ happened: TimelineLine[] }>(this.#rumbo, 'POST', path, { by })).happened
  }

  /** Waits until everything is dealt with: sends, records, what they led to. A second passes. */
  async settle(): Promise<void> {
    await this.forward('PT1S')
  }

  page(): Promise<CustomerAnswer> {
    return ask(this.#rumbo, 'GET', `/v1/customers/${this.customerId}`)
  }

  /** Open runs as `journey@version:step status`, by journey. */
  async runs(): Promise<string[]> {
    const { runs } = await this.page()
    return runs
      .map(({ journey, version, step, status }) => `${journey}@${version}:${step} ${status}`)
      .toSorted()
  }

  /** Oldest first; only these kinds where some are named. */
  async timeline(...kinds: string[]): Promise<TimelineLine[]> {
    const lines = await this.#list<TimelineLine>('timeline')
    return lines.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
  }

  /** What became of runs, oldest first. */
  async story(): Promise<string[]> {
    return (await this.timeline('run')).map(({ summary }) => summary)
  }

  decisions(): Promise<DecisionAnswer[]> {
    return this.#list<DecisionAnswer>('decisions')
  }

  deliveries(): Promise<DeliveryAnswer[]> {
    return this.#list<DeliveryAnswer>('deliveries')
  }

  /** Subjects of the mails that really arrived in the outbox, in order. */
  async mails(): Promise<string[]> {
    const rows = await this.#rumbo.db
      .selectFrom('outbox')
      .select('subject')
      .where('delivery_id', 'like', `${this.customerId}.%`)
      .orderBy('outbox_id')
      .execute()
    return rows.map(({ subject }) => subject)
  }

  get actor(): WorkflowHandle {
    return this.#client.workflow.getHandle(customerWorkflowId(this.customerId))
  }

  /** What the actor remembers. */
  async state(): Promise<CustomerState> {
    const state = await this.actor.query(customerState)
    if (state === undefined) throw new Error('The actor has no state yet')
    return state
  }

  get #client(): Client {
    return this.#rumbo.client
  }

  async #list<T>(what: string): Promise<T[]> {
    const path = `/v1/customers/${this.customerId}/${what}?limit=200`
    return (await ask<{ data: T[] }>(this.#rumbo, 'GET', path)).data.toReversed()
  }
}

async function ask<T>(rumbo: TestRumbo, method: string, path: string, body?: unknown): Promise<T> {
  const answer = await rumbo.call(method, path, body)
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body as T
}
