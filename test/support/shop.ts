import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { expect } from 'vitest'
import type { CustomerState } from '../../domain/actor/customer-state.ts'
import type { Journey, Message } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { customerState, customerWorkflowId } from '../../workflows/customer-messages.ts'
import { Fuse } from './fuse.ts'
import { journey, mail } from './journeys.ts'
import { startSmtpSink, type SmtpSink } from './smtp-sink.ts'
import type { CustomerAnswer, DeliveryAnswer, TimelineLine } from './test-customer.ts'
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts'

const KEY = 'a-key-for-this-test-only'
/** Between two tries of a call that nobody answered. */
const RETRY_MS = 100
/** One call in so many is made again though it was answered, as by a client that did not hear it. */
const REPEAT_ONE_IN = 5
const VIEWS = 3

interface Answer<T> {
  readonly data: T[]
}
type TimelineEvent = TimelineLine & { readonly data: { readonly messageId?: string } }
type Delivery = DeliveryAnswer & { readonly deliveryId: string; readonly channel: string }

/**
 * A shop that lives through the death of what serves it: its customers, who repeat every call until
 * it is answered, and the servers that its mails and webhooks arrive at, outside of what is killed.
 */
export class Shop {
  /** Where the API is right now. */
  url = ''
  /** Calls that were not answered, or with a 5xx. */
  failedCalls = 0
  readonly fuse: Fuse
  readonly #smtp: SmtpSink
  readonly #webhooks: WebhookReceiver
  /** The message ids that were accepted, by user. */
  readonly #accepted = new Map<string, Set<string>>()
  /** Users who looked around as somebody else first: two actors, which became one. */
  readonly #visitors = new Set<string>()

  private constructor(fuse: Fuse, smtp: SmtpSink, webhooks: WebhookReceiver) {
    this.fuse = fuse
    this.#smtp = smtp
    this.#webhooks = webhooks
  }

  /** @param keepsMailAtKill whether a mail is kept whose conversation ends with the fuse */
  static async open(keepsMailAtKill: () => boolean): Promise<Shop> {
    const fuse = new Fuse()
    const smtp = await startSmtpSink(() => !fuse.saw('mail') || keepsMailAtKill())
    const webhooks = await startWebhookReceiver(() => void fuse.saw('webhook'))
    return new Shop(fuse, smtp, webhooks)
  }

  /** For every process that serves this shop. */
  get settings(): Record<string, string> {
    return { RUMBO_API_KEY: KEY, SMTP_URL: this.#smtp.url }
  }

  async close(): Promise<void> {
    await this.#smtp.stop()
    await this.#webhooks.stop()
  }

  async publish(): Promise<void> {
    for (const published of journeysOf(this.#webhooks.url))
      await this.call('POST', `/v1/journeys/${published.key}/versions`, published)
  }

  /** Lets new customers come, all at once, each with their own story; resolves when all of it is accepted. */
  async serve(customers: number): Promise<void> {
    const users = Array.from({ length: customers }, () => `user-${randomUUID()}`)
    await Promise.all(users.map((user) => this.#live(user)))
  }

  async #live(userId: string): Promise<void> {
    this.#accepted.set(userId, new Set())
    await this.#send(userId, 'identify', { traits: { email: `${userId}@example.com` } })
    const consent = `/v1/customers/${userId}/consents/marketing/email`
    await this.call('PUT', consent, { granted: true, source: 'test' })
    await this.track(userId, 'Signed Up')
    const visitor = randomInt(2) === 0 ? { anonymousId: randomUUID() } : undefined
    for (let index = 1; index <= VIEWS; index++)
      await this.#send(userId, 'track', { event: 'Product Viewed', properties: { index } }, visitor)
    if (visitor !== undefined) {
      await this.#send(userId, 'identify', visitor)
      this.#visitors.add(userId)
    }
    await this.track(userId, 'Order Completed', { order_id: `order of ${userId}` })
  }

  /** Sends an event until it is accepted, sometimes once more. */
  async track(userId: string, event: string, properties: JsonObject = {}): Promise<void> {
    await this.#send(userId, 'track', { event, properties })
  }

  get users(): string[] {
    return [...this.#accepted.keys()]
  }

  async #send(
    userId: string,
    type: string,
    body: JsonObject,
    name: JsonObject = { userId },
  ): Promise<void> {
    const messageId = randomUUID()
    const sends = randomInt(REPEAT_ONE_IN) === 0 ? 2 : 1
    for (let sent = 0; sent < sends; sent++)
      await this.call('POST', `/v1/${type}`, { ...body, ...name, messageId })
    this.#accepted.get(userId)?.add(messageId)
  }

  /** Calls the API until it answers; a refusal is a mistake of the test or of the server. */
  async call<T = JsonObject>(method: string, path: string, body?: unknown): Promise<T> {
    for (;;) {
      const asked = this.#fetch(method, path, body)
      if (method !== 'GET') this.fuse.saw('call')
      const response = await asked
      if (response?.ok === true) {
        const answer = await response.json().catch(() => null)
        if (answer !== null) return answer as T
      } else if (response !== null && response.status < 500)
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      this.failedCalls++
      await sleep(RETRY_MS)
    }
  }

  async readiness(): Promise<{ status: number; body: unknown }> {
    const response = await this.#fetch('GET', '/readyz')
    return { status: response?.status ?? 0, body: await response?.json() }
  }

  /** Null when nobody answers. */
  #fetch(method: string, path: string, body?: unknown): Promise<Response | null> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => null)
  }

  /** Waits until every customer stands where the story ends and no actor has anything under way. */
  async untilQuiet(client: Client, withinMs: number): Promise<void> {
    let busy = this.users
    const look = async (): Promise<string[]> => {
      const still = await Promise.all(
        busy.map(async (user) => ((await this.#isQuiet(client, user)) ? [] : [user])),
      )
      busy = still.flat()
      return Promise.all(busy.map((user) => this.#whereabouts(user)))
    }
    await expect.poll(look, { timeout: withinMs, interval: 500 }).toEqual([])
  }

  async #isQuiet(client: Client, user: string): Promise<boolean> {
    const { customerId, runs, mergedFrom } = await this.page(user)
    if (mergedFrom.length !== (this.#visitors.has(user) ? 1 : 0)) return false
    if (runs.length !== 1 || runs[0]?.step !== 'rest' || runs[0].status !== 'waiting') return false
    const received = [...this.#webhooks.accepted.values()] as { user: string }[]
    if (received.filter((body) => body.user === `order of ${user}`).length < 2) return false
    const actor = client.workflow.getHandle(customerWorkflowId(customerId))
    const { facts } = await actor.query<CustomerState>(customerState.name)
    if ((facts.counters['Product Viewed']?.total ?? 0) < VIEWS) return false
    const { raw } = await actor.describe()
    return raw.pendingWorkflowTask == null && (raw.pendingActivities ?? []).length === 0
  }

  async #whereabouts(user: string): Promise<string> {
    const { runs, deferred } = await this.page(user)
    return JSON.stringify({ user, runs, deferred, deliveries: await this.deliveries(user) })
  }

  page(
    user: string,
  ): Promise<
    CustomerAnswer & { readonly customerId: string; readonly mergedFrom: readonly string[] }
  > {
    return this.call('GET', `/v1/customers/${user}`)
  }

  async deliveries(user: string): Promise<Delivery[]> {
    return (await this.call<Answer<Delivery>>('GET', `/v1/customers/${user}/deliveries?limit=200`))
      .data
  }

  /** No event, no run and no message is lost, and nothing happened twice. */
  async expectNothingLostOrDoubled(client: Client): Promise<void> {
    const news = [...this.#webhooks.accepted.values()] as { user: string; news: string }[]
    expect(news.map((body) => `${body.news}: ${body.user}`).toSorted()).toEqual(
      ['packed', 'shipped']
        .flatMap((word) => this.users.map((user) => `${word}: order of ${user}`))
        .toSorted(),
    )
    expect(duplicatesIn(this.#smtp.subjects)).toEqual([])
    expect(duplicatesIn(this.#smtp.taken)).toEqual([])
    for (const user of this.users) await this.#expectWholeStory(client, user)
  }

  async #expectWholeStory(client: Client, user: string): Promise<void> {
    const { customerId } = await this.page(user)
    const timeline = (
      await this.call<Answer<TimelineEvent>>('GET', `/v1/customers/${user}/timeline?limit=200`)
    ).data
    const accepted = this.#accepted.get(user) ?? new Set()
    const logged = timeline.flatMap(({ data: { messageId } }) =>
      messageId === undefined ? [] : [messageId],
    )
    expect(logged.toSorted(), 'every accepted event is in the log, once').toEqual(
      [...accepted].toSorted(),
    )

    const actor = client.workflow.getHandle(customerWorkflowId(customerId))
    const { facts, journeys } = await actor.query<CustomerState>(customerState.name)
    const counted = Object.entries(facts.counters).map(([name, { total }]) => [name, total])
    expect(Object.fromEntries(counted), 'every event is handled, once').toMatchObject({
      'Signed Up': 1,
      'Order Completed': 1,
      // Of the log, since a test may add some.
      'Product Viewed': timeline.filter(({ summary }) => summary === 'Product Viewed').length,
    })
    const entries = Object.entries(journeys).map(([key, memory]) => [key, memory.entries])
    expect(Object.fromEntries(entries)).toEqual({ welcome: 1, parcel: 1 })
    const runs = timeline.filter(({ kind }) => kind === 'run').map(({ summary }) => summary)
    expect(runs.filter((summary) => /^(entered|left) /.test(summary)).toSorted()).toEqual([
      'entered parcel@1 on Order Completed',
      'entered welcome@1 on Signed Up',
      'left parcel@1: completed',
    ])

    const deliveries = await this.deliveries(user)
    expect(deliveries.map(({ message }) => message).toSorted()).toEqual([
      'bye',
      'hello',
      'packed',
      'shipped',
    ])
    for (const { deliveryId, channel, status } of deliveries) {
      if (channel === 'webhook') expect(status).toBe('sent')
      else if (this.#smtp.taken.includes(deliveryId)) expect(['sent', 'unknown']).toContain(status)
      else expect(status, 'a mail that nobody got').toBe('unknown')
    }
  }
}

/** Two mails for who signs up, two webhooks for who orders; the parcel interrupts the welcome. */
function journeysOf(webhookUrl: string): Journey[] {
  const wait = { type: 'wait', for: 'PT2S' } as const
  const greet = (word: string): Message => mail(`${word} {{ customer.traits.email }}`)
  const tell = (news: string): Message => ({
    webhook: { url: webhookUrl, body: { user: '{{ entry.properties.order_id }}', news } },
  })
  return [
    journey('welcome', {
      queueFor: 'P1D',
      exit: [{ when: "count('Product Viewed') > 50 || count('Signed Up') > 1", reason: 'odd' }],
      steps: {
        hello: { type: 'message', message: 'hello', next: 'pause' },
        pause: { ...wait, next: 'bye' },
        bye: { type: 'message', message: 'bye', next: 'rest' },
        rest: { type: 'wait', for: 'P30D', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { hello: greet('hello'), bye: greet('bye') },
    }),
    journey('parcel', {
      class: 'service',
      arbitration: { mode: 'manual', rank: 500 },
      entry: { on: [{ event: 'Order Completed' }] },
      start: 'packed',
      steps: {
        packed: { type: 'message', message: 'packed', next: 'pause' },
        pause: { ...wait, next: 'shipped' },
        shipped: { type: 'message', message: 'shipped', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { packed: tell('packed'), shipped: tell('shipped') },
    }),
  ]
}

const duplicatesIn = (texts: readonly string[]): string[] =>
  texts.filter((text, index) => texts.indexOf(text) !== index)
