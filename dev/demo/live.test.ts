import { describe, expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { followedUntilMs, live } from './live.ts'
import { CallRefused, type RumboClient } from './rumbo-client.ts'

const [customer] = demoCustomers(readRetailExtract(), { nowMs: Date.now(), runId: 'a1' })
if (customer === undefined) throw new Error('The extract is empty')
const nothing = { onDay: () => {}, onMails: () => {} }

/** A server with nothing but a clock, which a busy engine moves only half of the way at first. */
function fakeServer({ busyLeaps }: { busyLeaps: number }) {
  let offsetMs = Date.now() - performance.now()
  let busy = busyLeaps
  const clockMs = () => offsetMs + performance.now()
  const seen: { path: string; atMs: number }[] = []
  const call = async (_method: string, path: string, body?: unknown): Promise<unknown> => {
    seen.push({ path, atMs: clockMs() })
    if (!path.endsWith('/fast-forward')) return { customerId: 'c1', clock: iso(clockMs()) }
    const { by } = body as { by: string }
    const ms = Number(by.slice(2, -1)) * 1000
    if (ms > 1 && busy-- > 0) {
      offsetMs += ms / 2
      const type = '/docs/problems.md#time_travel_pending'
      throw new CallRefused('POST', 409, { type, title: 'The clock has not arrived yet' })
    }
    offsetMs += ms
    return { clock: iso(clockMs()), happened: [] }
  }
  const client = { url: '', call, list: async () => [] } as unknown as RumboClient
  return { client, seen, clockMs }
}

const iso = (ms: number): string => new Date(ms).toISOString()

describe.each([0, 1, 2])('live, where %i leaps are too much for the engine', (busyLeaps) => {
  test('happens at every event’s own instant or a moment later, never earlier', async () => {
    const { client, seen, clockMs } = fakeServer({ busyLeaps })
    await live(client, customer, nothing)
    const tracked = seen.filter(({ path }) => path.startsWith('/v1/track'))
    expect(tracked).toHaveLength(customer.events.length)
    for (const [index, { atMs }] of customer.events.entries()) {
      const lateMs = (tracked[index]?.atMs ?? 0) - atMs
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(1_000)
    }
    expect(clockMs() - followedUntilMs(customer)).toBeLessThan(1_000)
  })

  test('records consents once the clock stands at the Monday', async () => {
    const { client, seen } = fakeServer({ busyLeaps })
    await live(client, customer, nothing)
    const consent = seen.find(({ path }) => path.includes('consents'))
    expect(consent?.atMs).toBeGreaterThanOrEqual(customer.startsAtMs)
  })
})

test('gives up where a leap never ends, in the words of the server', async () => {
  const { client } = fakeServer({ busyLeaps: Infinity })
  await expect(live(client, customer, nothing)).rejects.toThrow('has not arrived')
})
