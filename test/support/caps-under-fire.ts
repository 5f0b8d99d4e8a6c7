import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CustomerState } from '../../domain/actor/customer-state.ts'
import type { ArbitrationRequest, Decision } from '../../domain/decisioning/arbitration.ts'
import { replay } from '../../domain/decisioning/replay.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { connectTemporal } from '../../platform/temporal.ts'
import { customerState, customerWorkflowId } from '../../workflows/customer-messages.ts'
import { Fuse } from './fuse.ts'
import { journey } from './journeys.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const KEY = 'a-key-for-this-test-only'
const EVENTS_PER_CALL = 500
const CALLS_AT_ONCE = 4
const RETRY_MS = 200
/** Actors that are asked at once whether they rest. */
const ASKED_AT_ONCE = 20

/** The server under fire: `start` brings it up and answers its address, `kill` ends it without a word. */
export interface ServerUnderFire {
  readonly start: (settings: Record<string, string>) => Promise<string>
  readonly kill: () => Promise<void>
  /** Where its engine is. */
  readonly temporalAddress: () => string
}

export interface FireInput {
  readonly customers: number
  /** Qualifying events of each, all at once. */
  readonly events: number
  /** Messages that each may get. */
  readonly cap: number
  /** How often the server is killed in the middle of sending. */
  readonly kills: number
  readonly withinMs: number
  readonly onProgress?: (resting: number) => void
}

export interface FireOutcome {
  /** Messages that were acted on, by customer. */
  readonly messages: ReadonlyMap<string, number>
  /** Calls that the receiver got, repeats too. */
  readonly calls: number
  /** Messages that a cap kept back. */
  readonly skipped: number
  /** Made again from what is stored of them, and those that came out otherwise. */
  readonly decisions: number
  readonly differences: number
  readonly seconds: number
}

/**
 * Lets many events that each qualify for several journeys come at once for many customers, kills
 * the server while it sends, and counts what arrives over a channel that drops repeats by their key.
 *
 * @throws {Error} not everybody came to rest in time
 */
export async function playCapsUnderFire(
  server: ServerUnderFire,
  { customers, events, cap, kills, withinMs, onProgress = () => {} }: FireInput,
): Promise<FireOutcome> {
  const startedAtMs = performance.now()
  const fuse = new Fuse()
  const receiver = await startWebhookReceiver(() => void fuse.saw('webhook'))
  const settings = { RUMBO_API_KEY: KEY }
  let url = await server.start(settings)
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    for (;;) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch(() => null)
      const answer: unknown = await response?.json().catch(() => null)
      if (response?.ok === true && answer !== null) return answer
      if (response !== null && response.status < 500)
        throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
      await sleep(RETRY_MS)
    }
  }
  try {
    await call('PUT', '/v1/contact-policy', {
      caps: [{ name: 'in a week', max: cap, window: 'P7D' }],
    })
    for (const each of journeysOf(receiver.url))
      await call('POST', `/v1/journeys/${each.key}/versions`, each)

    const users = Array.from({ length: customers }, () => `user-${randomUUID()}`)
    const dieAndComeBack = async (): Promise<void> => {
      for (let done = 0; done < kills; done++) {
        // Among fewer than are certainly still to come.
        const left = customers * cap - receiver.accepted.size
        await fuse.arm('webhook', Math.max(1, Math.floor(left / (kills + 1))), () => {})
        await server.kill()
        url = await server.start(settings)
      }
    }
    const batches = batchesOf(users, events)
    await Promise.all([
      dieAndComeBack(),
      atMost(CALLS_AT_ONCE, batches, (batch) => call('POST', '/v1/batch', { batch })),
    ])

    const ids = new Map<string, string>()
    await atMost(ASKED_AT_ONCE, users, async (user) => {
      const page = (await call('GET', `/v1/customers/${user}`)) as { customerId: string }
      ids.set(user, page.customerId)
    })
    await untilAllRest([...ids.values()], server.temporalAddress(), {
      events,
      withinMs,
      onProgress,
    })

    let skipped = 0
    await atMost(ASKED_AT_ONCE, users, async (user) => {
      const path = `/v1/customers/${user}/deliveries?limit=200`
      const { data } = (await call('GET', path)) as { data: { status: string }[] }
      skipped += data.filter(({ status }) => status === 'skipped').length
    })
    const replayed = await replayAll(call)
    const messages = new Map(users.map((user) => [user, 0]))
    for (const body of receiver.accepted.values()) {
      const { user } = body as { user: string }
      messages.set(user, (messages.get(user) ?? 0) + 1)
    }
    return {
      messages,
      calls: receiver.calls.length,
      skipped,
      ...replayed,
      seconds: (performance.now() - startedAtMs) / 1_000,
    }
  } finally {
    await receiver.stop()
  }
}

/** Three journeys that everybody qualifies for with every event, each with two messages. */
function journeysOf(url: string): Journey[] {
  const message = { webhook: { url, body: { user: '{{ entry.properties.user }}' } } }
  return ['sale', 'club', 'news'].map((key, index) =>
    journey(key, {
      class: 'relationship',
      arbitration: { mode: 'auto', value: 10 + index },
      entry: { on: [{ event: 'Deal Seen' }], reentry: { mode: 'afterExit' } },
      // Counts the event, so that it can be asked whether all were handled.
      exit: [{ when: "count('Deal Seen') > 1000000", reason: 'never' }],
      queueFor: 'P1D',
      start: 'one',
      steps: {
        one: { type: 'message', message: 'deal', next: 'two' },
        two: { type: 'message', message: 'deal', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { deal: message },
    }),
  )
}

/** The events of all customers, mixed: every call carries some of many. */
function batchesOf(users: readonly string[], events: number): object[][] {
  const all = Array.from({ length: events }, () => users).flatMap((some) =>
    some.map((userId) => ({
      type: 'track',
      userId,
      event: 'Deal Seen',
      messageId: randomUUID(),
      properties: { user: userId },
    })),
  )
  return Array.from({ length: Math.ceil(all.length / EVENTS_PER_CALL) }, (_, index) =>
    all.slice(index * EVENTS_PER_CALL, (index + 1) * EVENTS_PER_CALL),
  )
}

/** Makes every decision again from its stored request, and compares to the byte. */
async function replayAll(
  call: (method: string, path: string) => Promise<unknown>,
): Promise<Pick<FireOutcome, 'decisions' | 'differences'>> {
  let decisions = 0
  let differences = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = new URLSearchParams({ limit: '200', ...(cursor && { cursor }) })
    const page = (await call('GET', `/v1/decisions?${query.toString()}`)) as {
      data: { stored: { request: ArbitrationRequest; decision: Decision } }[]
      nextCursor: string | null
    }
    for (const { stored } of page.data)
      if (!replay(stored.request, stored.decision).isEqual) differences++
    decisions += page.data.length
    cursor = page.nextCursor
  }
  return { decisions, differences }
}

async function atMost<T>(
  width: number,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values()
  const lane = async (): Promise<void> => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

/** Waits until every actor has handled all events and has nothing left to do. */
async function untilAllRest(
  customerIds: readonly string[],
  address: string,
  { events, withinMs, onProgress }: Required<Pick<FireInput, 'events' | 'withinMs' | 'onProgress'>>,
): Promise<void> {
  const client = connectTemporal({ address, namespace: 'default' })
  try {
    const deadlineMs = performance.now() + withinMs
    const busy = new Set(customerIds)
    while (busy.size > 0) {
      await atMost(ASKED_AT_ONCE, [...busy], async (customerId) => {
        const handle = client.workflow.getHandle(customerWorkflowId(customerId))
        const state = await handle
          .query<CustomerState | undefined>(customerState.name)
          .catch(() => undefined)
        if (state !== undefined && isResting(state, events)) busy.delete(customerId)
      })
      onProgress(customerIds.length - busy.size)
      if (busy.size > 0 && performance.now() > deadlineMs)
        throw new Error(`${busy.size} of ${customerIds.length} customers did not come to rest`)
      if (busy.size > 0) await sleep(RETRY_MS)
    }
  } finally {
    await client.connection.close()
  }
}

const isResting = (state: CustomerState, events: number): boolean =>
  state.facts.counters['Deal Seen']?.total === events &&
  state.runs.length === 0 &&
  state.deferred.length === 0 &&
  state.pending === null &&
  state.arbitration === null
