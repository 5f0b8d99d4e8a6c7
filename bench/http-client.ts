import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { nowMs } from './now.ts'
import { atPace, inLanes } from './pace.ts'

// A process of its own, so that making requests does not take the time of the one that answers them.

const CONNECTIONS = 64

export interface LoadOrder {
  readonly url: string
  readonly key: string
  readonly event: string
  readonly properties: object
  /** Asked for in this order. */
  readonly userIds: readonly string[]
  /** Instead of events: what is asked about each of `userIds`, by `POST …/next`. */
  readonly question?: object
  /** 1: one event per `POST /v1/track`. More: so many in each `POST /v1/batch`. */
  readonly eventsPerRequest: number
  /** Requests per second; null: as fast as they are answered. */
  readonly perSecond: number | null
  /** No request begins after this. */
  readonly msMax: number
}

export interface LoadReport {
  readonly startedAtMs: number
  readonly endedAtMs: number
  readonly requests: readonly RequestReport[]
  /** Processor time of this process while it asked. */
  readonly cpuMs: number
}

export interface RequestReport {
  readonly userIds: readonly string[]
  readonly status: number
  readonly sentAtMs: number
  readonly answeredAtMs: number
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.({ report }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
// Whoever ordered is gone.
process.on('disconnect', () => process.exit())

async function run(order: LoadOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const bodies = bodiesOf(order)
  const requests: RequestReport[] = []
  const cpu = process.cpuUsage()
  const startedAtMs = nowMs()
  const work = async (body: Body): Promise<void> => {
    if (nowMs() - startedAtMs > order.msMax) return
    requests.push(await post(order, agent, body))
  }
  await (order.perSecond === null
    ? inLanes(bodies, CONNECTIONS, work)
    : atPace(bodies, order.perSecond, work))
  const endedAtMs = nowMs()
  const { user, system } = process.cpuUsage(cpu)
  agent.destroy()
  return { startedAtMs, endedAtMs, requests, cpuMs: (user + system) / 1_000 }
}

interface Body {
  readonly userIds: readonly string[]
  readonly path: string
  readonly text: string
}

/** Written before the clock runs. */
function bodiesOf({ userIds, event, properties, eventsPerRequest, question }: LoadOrder): Body[] {
  if (question !== undefined)
    return userIds.map((userId) => ({
      userIds: [userId],
      path: `/v1/customers/${encodeURIComponent(`user:${userId}`)}/next`,
      text: JSON.stringify(question),
    }))
  const path = eventsPerRequest === 1 ? '/v1/track' : '/v1/batch'
  const bodies: Body[] = []
  for (let from = 0; from < userIds.length; from += eventsPerRequest) {
    const users = userIds.slice(from, from + eventsPerRequest)
    const events = users.map((userId) => ({
      type: 'track',
      userId,
      event,
      properties,
      messageId: randomUUID(),
    }))
    const body = eventsPerRequest === 1 ? events[0] : { batch: events }
    bodies.push({ userIds: users, path, text: JSON.stringify(body) })
  }
  return bodies
}

function post(
  { url, key }: LoadOrder,
  agent: Agent,
  { path, text, userIds }: Body,
): Promise<RequestReport> {
  return new Promise((resolve, reject) => {
    const sentAtMs = nowMs()
    const asked = request(
      `${url}${path}`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      },
      (answer) => {
        answer.resume()
        answer.once('error', reject)
        answer.once('end', () =>
          resolve({ userIds, status: answer.statusCode ?? 0, sentAtMs, answeredAtMs: nowMs() }),
        )
      },
    )
    asked.once('error', reject)
    asked.end(text)
  })
}
