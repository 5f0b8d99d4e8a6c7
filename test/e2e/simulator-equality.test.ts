import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { JsonObject } from '../../domain/json.ts'
import { addDuration } from '../../domain/time.ts'
import {
  ANSWERS,
  simulationOf,
  traitsOf,
  withDates,
  type Played,
} from '../support/play-scenario.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { SCENARIO_ARBITRATION, SCENARIO_CONTACT, SCENARIOS } from '../support/scenarios.ts'
import type { Act, Scenario } from '../support/scenarios/scenario.ts'

/** What a real send or call may take, and what a busy machine adds. */
const TOLERANCE_MS = 5_000

interface Line {
  readonly at: string
  readonly kind: string
  readonly summary: string
  readonly data: JsonObject
}

interface Simulated {
  readonly timeline: readonly Line[]
  readonly deliveries: readonly {
    readonly deliveryId: string
    readonly channel: string
    readonly status: string
    readonly content: JsonObject | null
  }[]
}

type Page = { readonly clock: string; readonly createdAt: string }

let rumbo: TestRumbo
let receiver: Server

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const { status, body } = ANSWERS[request.url ?? ''] ?? { status: 500, body: {} }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', () => resolve())
  })
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  rumbo = await startTestRumbo(await connectEmbedded())
  await rumbo.publish(...SCENARIOS.flatMap(({ journeys }) => journeys(url)))
  await call('PUT', '/v1/contact-policy', SCENARIO_CONTACT)
  await call('PUT', '/v1/arbitration', SCENARIO_ARBITRATION)
})
afterAll(async () => {
  await rumbo.stop()
  receiver.close()
  receiver.closeAllConnections()
})

describe.concurrent('the simulator tells the same story as the engine', () => {
  test.each(SCENARIOS)('$name', async (scenario) => {
    const played = await playOnEngine(scenario)
    const real = await timeline(played.customerId)
    const body = simulationOf(scenario, played)
    const simulation = await call<Simulated>('POST', '/v1/journeys/simulate', body)
    const simulated = simulation.timeline.toReversed()
    expect(simulated.map(told)).toEqual(real.map(told))
    for (const [index, line] of real.entries())
      expect(
        Math.abs(Date.parse(line.at) - Date.parse(simulated[index]?.at ?? '')),
        `${line.at} ${line.summary}, simulated ${simulated[index]?.at}`,
      ).toBeLessThan(TOLERANCE_MS)
    expect(simulatedSubjects(simulation)).toEqual(await subjects(played.customerId))
    for (const summary of scenario.shows)
      expect(real.map((line) => line.summary)).toContain(summary)
  })
})

/** Ids and instants left out. */
function told({ kind, summary, data }: Line): JsonObject {
  const { seq: _, messageId: __, decisionId: ___, occurredAt: ____, until: _____, ...rest } = data
  const { exclusionId } = rest
  return {
    kind,
    summary,
    // An exclusion without a case is numbered by the log, which everybody shares.
    data:
      typeof exclusionId === 'string'
        ? { ...rest, exclusionId: exclusionId.replace(/:\d+$/, '') }
        : rest,
  }
}

/** What the mails said, by delivery id. */
async function subjects(customerId: string): Promise<JsonObject> {
  const mails = await rumbo.db
    .selectFrom('outbox')
    .select(['delivery_id', 'subject'])
    .where('delivery_id', 'like', `${customerId}.%`)
    .execute()
  return Object.fromEntries(mails.map(({ delivery_id: id, subject }) => [id, subject]))
}

const simulatedSubjects = ({ deliveries }: Simulated): JsonObject =>
  Object.fromEntries(
    deliveries
      .filter(({ channel, status }) => channel === 'email' && status === 'sent')
      .map(({ deliveryId, content }) => [deliveryId, content?.['subject'] ?? null]),
  )

/** Lives the story as a test customer, whose clock is moved from act to act. */
async function playOnEngine(scenario: Scenario): Promise<Played> {
  const created = await call('POST', '/v1/test-customers', {
    traits: traitsOf(scenario, Date.now()),
  })
  const { customerId } = created as { customerId: string }
  const path = `/v1/customers/${customerId}`
  if (scenario.consent !== false)
    await call('PUT', `${path}/consents/marketing/email`, { granted: true, source: 'test' })
  const startMs = Date.parse((await call<Page>('GET', path)).createdAt)
  const forwardTo = async (atMs: number): Promise<number> => {
    const leftMs = atMs - Date.parse((await call<Page>('GET', path)).clock)
    const by = `PT${(Math.max(leftMs, 1_000) / 1_000).toFixed(3)}S`
    return Date.parse((await call<Page>('POST', `${path}/fast-forward`, { by })).clock)
  }
  for (const act of scenario.acts) {
    const nowMs = await forwardTo(addDuration(startMs, act.after))
    await perform(customerId, act, nowMs, startMs)
  }
  const untilMs = await forwardTo(addDuration(startMs, scenario.until))
  const rows = await rumbo.db
    .selectFrom('events')
    .select(['type', 'received_at', 'message_id'])
    .where('customer_id', '=', customerId)
    .orderBy('seq')
    .execute()
  // What journeys made came by itself.
  const [identify, ...said] = rows
    .filter(({ message_id: id }) => !id.startsWith(`${customerId}.`))
    .map(({ received_at: at }) => at.getTime())
  const consentAtMs = scenario.consent === false ? 0 : (said.shift() ?? 0)
  expect(said).toHaveLength(scenario.acts.length)
  return { customerId, createdAtMs: identify ?? 0, consentAtMs, actsAtMs: said, untilMs }
}

async function perform(id: string, act: Act, nowMs: number, startMs: number): Promise<void> {
  const path = `/v1/customers/${id}`
  if ('consent' in act) {
    const body = { granted: act.consent, source: 'test' }
    await call('PUT', `${path}/consents/marketing/email`, body)
  } else if ('exit' in act) await call('POST', `${path}/exit`, act.exit)
  else if ('enter' in act) await call('POST', `${path}/enter`, act.enter)
  else {
    const { identities } = await call('GET', path)
    const [{ value: userId } = { value: '' }] = identities as { value: string }[]
    if ('identify' in act) {
      const traits = withDates(act.identify, startMs)
      await call('POST', '/v1/identify?wait=handled', { userId, traits })
      return
    }
    const { event, properties = {}, historical, lateMs } = act
    await call('POST', '/v1/track?wait=handled', {
      userId,
      event,
      properties,
      ...(historical === undefined ? {} : { context: { historical } }),
      ...(lateMs === undefined ? {} : { timestamp: new Date(nowMs - lateMs).toISOString() }),
    })
  }
}

/** Oldest first. */
async function timeline(customerId: string): Promise<Line[]> {
  const answer = await call('GET', `/v1/customers/${customerId}/timeline?limit=200`)
  expect(answer['nextCursor']).toBeNull()
  return (answer['data'] as unknown as Line[]).toReversed()
}

async function call<T = JsonObject>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await rumbo.call(method, path, body)
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body as T
}
