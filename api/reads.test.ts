import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ArbitrationRequest, Decision } from '../domain/decisioning/arbitration.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)
const NOW = new Date('2026-02-01T00:00:00.000Z')
const HOUR_MS = 3_600_000

describeOnEachDatabase('reads', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW.getTime() })
  })

  const get = async <T = Record<string, unknown>>(path: string): Promise<T> => {
    const answer = await api.request(`GET ${path}`)
    expect(answer.status).toBe(200)
    return (await answer.json()) as T
  }

  /** A customer as ingest and the actor leave one. */
  const seedCustomer = async (change: { test?: boolean; clockOffsetMs?: number } = {}) => {
    const customerId = randomUUID()
    await db()
      .insertInto('customers')
      .values({
        customer_id: customerId,
        test: change.test ?? false,
        clock_offset_ms: change.clockOffsetMs ?? 0,
        created_at: new Date(START_MS),
        traits: JSON.stringify({ email: 'a@example.com' }),
        trait_origins: JSON.stringify({
          email: { atMs: START_MS, source: 'crm' },
          phone: { atMs: START_MS, source: 'journey:welcome' },
        }),
        lifecycle_state: 'prospect',
        lifecycle_since: new Date(START_MS),
        lifecycle_previous: 'new',
        lifecycle_reason: 'registered',
        deferred: JSON.stringify([{ journey: 'birthday', until: NOW, reason: 'locked' }]),
        next_wake_at: NOW,
        as_of: new Date(START_MS),
      })
      .execute()
    return customerId
  }
  const seedIdentity = (customerId: string, kind: string, value: string) =>
    db()
      .insertInto('identities')
      .values({ customer_id: customerId, kind, value, created_at: new Date(START_MS) })
      .execute()
  const seedRun = (customerId: string, journey: string, change: object = {}) =>
    db()
      .insertInto('runs')
      .values({
        run_id: randomUUID(),
        customer_id: customerId,
        journey,
        version: 2,
        status: 'waiting',
        step: 'rest',
        since: new Date(START_MS),
        entered_at: new Date(START_MS),
        wake_at: NOW,
        locked: true,
        turn: 1,
        ...change,
      })
      .execute()

  describe('a customer', () => {
    test('has a page with all that is known, and nothing of what does not exist yet', async () => {
      const customerId = await seedCustomer({ clockOffsetMs: HOUR_MS })
      await seedIdentity(customerId, 'user', 'page-user')
      await seedRun(customerId, 'returns')
      await seedRun(customerId, 'welcome', { status: 'ended', ended_at: NOW })
      const page = await get(`/v1/customers/${customerId}`)
      expect(page).toEqual({
        customerId,
        test: false,
        createdAt: '2026-01-05T09:00:00.000Z',
        identities: [{ kind: 'user', value: 'page-user' }],
        traits: { email: 'a@example.com' },
        traitOrigins: {
          email: { at: '2026-01-05T09:00:00.000Z', source: 'crm' },
          phone: { at: '2026-01-05T09:00:00.000Z', source: 'journey:welcome' },
        },
        consents: [],
        lifecycle: {
          state: 'prospect',
          since: '2026-01-05T09:00:00.000Z',
          previous: 'new',
          reason: 'registered',
        },
        runs: [
          {
            runId: expect.any(String),
            journey: 'returns',
            version: 2,
            lane: 'foreground',
            status: 'waiting',
            step: 'rest',
            since: '2026-01-05T09:00:00.000Z',
            wakeAt: NOW.toISOString(),
            lock: { scope: 'journey', until: null },
          },
        ],
        deferred: [{ journey: 'birthday', until: NOW.toISOString(), reason: 'locked' }],
        exclusions: [],
        caps: [],
        fatigue: [],
        mergedFrom: [],
        nextWakeAt: NOW.toISOString(),
        clock: '2026-02-01T01:00:00.000Z',
        asOf: '2026-01-05T09:00:00.000Z',
        actor: 'none',
        temporalUrl: `http://127.0.0.1:8233/namespaces/default/workflows/customer%2F${customerId}`,
        value: { amount: 0, currency: null },
        facts: expect.objectContaining({ influencer: expect.objectContaining({ value: false }) }),
        channels: expect.arrayContaining([{ channel: 'email', reachable: true, marketing: false }]),
      })
    })

    test('shows how much of each cap is used, on the page and in the list', async () => {
      const [used, unheard] = [await seedCustomer(), await seedCustomer()]
      const contact = { channel: 'email', class: 'marketing', journey: 'welcome' } as const
      const contacts = [NOW.getTime() - 30 * HOUR_MS, NOW.getTime() - HOUR_MS].map((atMs) => ({
        ...contact,
        atMs,
        key: `${used}.${atMs}`,
      }))
      const reactedAtMs = NOW.getTime() - 2 * HOUR_MS
      const counters = { 'Email Opened': { since: 1, total: 1, recentMs: [reactedAtMs] } }
      const snapshot = JSON.stringify({ zone: 'UTC', runs: [], contacts, facts: { counters } })
      await db()
        .updateTable('customers')
        .set({ snapshot })
        .where('customer_id', '=', used)
        .execute()
      const caps = [
        { name: 'daily', max: 1, window: 'P1D' },
        { name: 'weekly', max: 3, window: 'P7D' },
      ]
      const steps = [{ afterUnanswered: 1, max: 1, per: 'P14D' }]
      const quiet = { name: 'quiet', channel: 'email', reactions: ['Email Opened'], steps }
      const fatigue = [quiet, { ...quiet, name: 'silent', reactions: ['Order Completed'] }]
      const body = { caps, fatigue }
      expect((await api.request('PUT /v1/contact-policy', { body })).status).toBe(201)
      const shown = [
        { name: 'daily', used: 1, max: 1, freeAt: '2026-02-01T23:00:00.000Z' },
        { name: 'weekly', used: 2, max: 3, freeAt: null },
      ]
      const allows = { max: 1, per: 'P14D' }
      expect(await get(`/v1/customers/${used}`)).toMatchObject({
        caps: shown,
        fatigue: [
          { name: 'quiet', unanswered: 1, allows },
          { name: 'silent', unanswered: 2, allows },
        ],
      })
      expect(await get(`/v1/customers/${unheard}`)).toMatchObject({
        caps: [
          { name: 'daily', used: 0, max: 1, freeAt: null },
          { name: 'weekly', used: 0, max: 3, freeAt: null },
        ],
      })
      const list = await get<{ data: { customerId: string }[] }>('/v1/customers?limit=200')
      expect(list.data.find(({ customerId }) => customerId === used)).toMatchObject({ caps: shown })
    })

    test('is found by any identity, and by kind where a value is ambiguous', async () => {
      const [one, other] = [await seedCustomer(), await seedCustomer()]
      await seedIdentity(one, 'user', 'a b/c@example.com')
      await seedIdentity(one, 'user', '42')
      await seedIdentity(other, 'anonymous', '42')
      const id = async (name: string) =>
        (await get<{ customerId: string }>(`/v1/customers/${encodeURIComponent(name)}`)).customerId
      expect(await id('a b/c@example.com')).toBe(one)
      expect(await id('user:42')).toBe(one)
      expect(await id('anonymous:42')).toBe(other)
      const ambiguous = await api.request('GET /v1/customers/42')
      expect(ambiguous.status).toBe(409)
      expect(await ambiguous.json()).toMatchObject({
        findings: [
          { code: 'ambiguous_identity', message: 'Could mean anonymous:42' },
          { code: 'ambiguous_identity', message: 'Could mean user:42' },
        ],
      })
    })

    test('is not found by what no store can hold', async () => {
      expect((await api.request('GET /v1/customers/a%00b')).status).toBe(400)
      expect((await api.request('GET /v1/customers/%E0%A4%A')).status).toBe(404)
      const cursor = Buffer.from('["\\u0000"]').toString('base64url')
      expect((await api.request(`GET /v1/journeys?cursor=${cursor}`)).status).toBe(400)
    })

    test('has a timeline, newest first, that pages through without a gap', async () => {
      const customerId = await seedCustomer()
      await seedTimeline(customerId)
      const all = await get<Page<{ kind: string; at: string }>>(
        `/v1/customers/${customerId}/timeline`,
      )
      expect(all.data.map((line) => line.kind)).toEqual([
        'delivery',
        'step',
        'run',
        'decision',
        'lifecycle',
        'consent',
        'event',
        'event',
      ])
      expect(all.nextCursor).toBeNull()
      const paged = await pages(`/v1/customers/${customerId}/timeline`, 3)
      expect(paged).toEqual(all.data)
    })

    test('says on both timelines that two customers turned out to be one', async () => {
      const [one, other] = [await seedCustomer(), await seedCustomer()]
      await db()
        .insertInto('pending_links')
        .values({ customer_id: one, other_customer_id: other, cause: 'alias', created_at: NOW })
        .execute()
      for (const [id, peer] of [
        [one, other],
        [other, one],
      ]) {
        const { data } = await get<{ data: unknown[] }>(`/v1/customers/${id}/timeline?limit=1`)
        expect(data).toMatchObject([
          { kind: 'link', data: { otherCustomerId: peer, status: 'pending' } },
        ])
      }
    })

    test('has decisions with all candidates, and deliveries', async () => {
      const customerId = await seedCustomer()
      await seedTimeline(customerId)
      const decisions = await get<Page<object>>(`/v1/customers/${customerId}/decisions`)
      expect(decisions.data).toEqual([
        {
          decisionId: `${customerId}:1`,
          at: '2026-01-05T10:00:00.000Z',
          cause: { type: 'event', event: 'Order Completed', seq: 1 },
          outcome: 'enter',
          summary: 'welcome enters',
          winner: 'welcome',
          candidates: [
            {
              journey: 'welcome',
              version: 1,
              source: 'trigger',
              fate: 'win',
              gate: null,
              reason: 'highest value',
              score: { propensity: 0.1, context: 1, value: 12, lever: 1, total: 1.2 },
              until: null,
            },
          ],
          replaced: null,
          explanation: [
            '“Order Completed” happened. (2026-01-05 10:00 UTC)',
            'No journey was running.',
            'welcome@1 qualified now and wins. highest value',
          ],
        },
      ])
      const path = `/v1/decisions/${encodeURIComponent(`${customerId}:1`)}`
      const decision = await get<{ stored: { request: object } }>(path)
      expect(decision).toMatchObject({
        ...decisions.data[0],
        customerId,
        stored: { request: { customerId, bookHash: 'b' }, decision: { outcome: 'enter' } },
      })
      const across = await get<Page<object>>(`/v1/decisions?customer=${customerId}`)
      expect(across.data).toEqual([decision])
      expect((await api.request('GET /v1/decisions/nobody')).status).toBe(404)
      const deliveries = await get<Page<object>>(`/v1/customers/${customerId}/deliveries`)
      expect(deliveries.data).toMatchObject([
        { deliveryId: `${customerId}:d`, to: 'a@example.com', status: 'sent', channel: 'email' },
      ])
      const all = await get<Page<{ customerId: string }>>('/v1/deliveries?status=sent&limit=200')
      expect(all.data.map((each) => each.customerId)).toContain(customerId)
      expect(await get('/v1/deliveries?status=held')).toEqual({ data: [], nextCursor: null })
    })

    test('is in the list by lifecycle and by journey, in pages', async () => {
      const ids = [await seedCustomer(), await seedCustomer(), await seedCustomer()]
      for (const id of ids) await seedRun(id, 'only-here')
      const listed = await pages<{ customerId: string; runs: object[] }>(
        '/v1/customers?journey=only-here&lifecycle=prospect',
        2,
      )
      expect(listed.map((each) => each.customerId).sort()).toEqual(ids.toSorted())
      expect(listed[0]?.runs).toEqual([
        {
          runId: expect.any(String),
          journey: 'only-here',
          version: 2,
          lane: 'foreground',
          status: 'waiting',
        },
      ])
      const lost = await get<Page<object>>('/v1/customers?journey=only-here&lifecycle=lost')
      expect(lost.data).toEqual([])
    })
  })

  describe('journeys', () => {
    const definition = {
      key: 'shown',
      title: 'Shown',
      class: 'service',
      arbitration: { mode: 'auto', value: 1 },
      entry: { on: [{ event: 'Shown Began' }] },
      start: 'end',
      steps: { end: { type: 'exit' } },
    }

    test('are checked with all findings at once', async () => {
      const check = async (body: unknown) =>
        (await api.request('POST /v1/journeys/check', { body })).json()
      expect(await check(definition)).toMatchObject({
        ok: true,
        effects: { events: ['Shown Began'], traits: [], channels: [] },
      })
      const { ok, findings } = (await check({ ...definition, start: 'x', extra: 1 })) as {
        ok: boolean
        findings: { path: string }[]
      }
      expect(ok).toBe(false)
      expect(findings.map((each) => each.path)).toEqual(
        expect.arrayContaining(['/start', '/extra']),
      )
      expect(await check([])).toMatchObject({ ok: false })
    })

    test('are warned about events that look like slips of what is stored', async () => {
      const customerId = await seedCustomer()
      await db()
        .insertInto('events')
        .values(
          Array.from({ length: 50 }, () => ({
            message_id: randomUUID(),
            customer_id: customerId,
            type: 'track' as const,
            name: 'Shown Began',
            occurred_at: NOW,
            received_at: NOW,
            status: 'filtered' as const,
          })),
        )
        .execute()
      const entry = { on: [{ event: 'Shown Begun' }] }
      const answer = await api.request('POST /v1/journeys/check', {
        body: { ...definition, entry },
      })
      expect(await answer.json()).toMatchObject({
        ok: true,
        findings: [
          {
            code: 'unknown_event',
            path: '/entry/on/0/event',
            message: expect.stringContaining('"Shown Began"'),
            severity: 'warning',
          },
        ],
      })
    })

    test('are published as versions, counted without test customers, and shown', async () => {
      const publish = (body: unknown) =>
        api.request('POST /v1/journeys/shown/versions?note=first', { body })
      const made = await publish(definition)
      expect(made.status).toBe(201)
      expect(await made.json()).toEqual({
        key: 'shown',
        version: 1,
        hash: expect.any(String),
        note: 'first',
        publishedAt: NOW.toISOString(),
      })
      expect((await publish(definition)).status).toBe(200)
      expect((await publish({ ...definition, start: 'x' })).status).toBe(422)
      await publish({ ...definition, title: 'Shown again', staleAfter: 'P1D' })
      for (const test of [false, false, true])
        await seedRun(await seedCustomer({ test }), 'shown', { step: 'end', version: 2 })
      await seedRun(await seedCustomer(), 'shown', { step: 'end', status: 'active' })
      await seedRun(await seedCustomer(), 'shown', { step: 'end', status: 'paused' })
      await seedRun(await seedCustomer(), 'shown', { step: 'end', status: 'ended' })

      const list = await get<Page<{ key: string }>>('/v1/journeys')
      expect(list.data.find((each) => each.key === 'shown')).toMatchObject({
        title: 'Shown again',
        latestVersion: 2,
        headCount: 4,
        live: {
          version: 2,
          headCount: { total: 4, active: 3, paused: 1, steps: { end: { active: 3, paused: 1 } } },
        },
      })
      const one = await get<{ versions: object[] }>('/v1/journeys/shown')
      expect(one.versions).toMatchObject([
        { version: 2, status: 'live', endedAt: null, headCount: { total: 4 } },
        {
          version: 1,
          status: 'superseded',
          note: 'first',
          headCount: { total: 0, active: 0, paused: 0, steps: {} },
        },
      ])
      await db()
        .insertInto('condition_failures')
        .values({
          journey: 'shown',
          version: 1,
          path: '/entry/when',
          count: 3,
          last_message: 'no such key',
          last_at: NOW,
        })
        .execute()
      expect(await get('/v1/journeys/shown/versions/1')).toMatchObject({
        version: 1,
        definition,
        conditionFailures: [{ path: '/entry/when', count: 3, lastMessage: 'no such key' }],
      })
    })
  })

  interface Page<T> {
    data: T[]
    nextCursor: string | null
  }

  /** Everything of a list, read in pages of `limit`. */
  async function pages<T>(path: string, limit: number): Promise<T[]> {
    const all: T[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const join = path.includes('?') ? '&' : '?'
      const page: Page<T> = await get(`${path}${join}limit=${limit}${from}`)
      expect(page.data.length).toBeLessThanOrEqual(limit)
      all.push(...page.data)
      cursor = page.nextCursor
    }
    return all
  }

  /** One line of each kind; all but the first event at one instant. */
  async function seedTimeline(customerId: string) {
    const at = new Date(START_MS + HOUR_MS)
    const event = (name: string, receivedAt: Date) => ({
      message_id: randomUUID(),
      customer_id: customerId,
      type: 'track' as const,
      name,
      occurred_at: receivedAt,
      received_at: receivedAt,
      status: 'batched' as const,
    })
    await db()
      .insertInto('events')
      .values([event('Product Viewed', new Date(START_MS)), event('Order Completed', at)])
      .execute()
    const entry = (turn: number, ordinal: number, kind: string) => ({
      customer_id: customerId,
      turn,
      ordinal,
      at,
      kind,
      summary: kind,
      data: '{}',
    })
    await db()
      .insertInto('timeline_entries')
      .values([entry(9, 0, 'lifecycle'), entry(10, 0, 'run'), entry(10, 1, 'step')])
      .execute()
    const consent = { purpose: 'marketing', channel: 'email', granted: true, source: 'form' }
    await db()
      .insertInto('consent_history')
      .values({ customer_id: customerId, at, ...consent })
      .execute()
    const decision: Decision = {
      decisionId: `${customerId}:1`,
      outcome: 'enter',
      winner: 'candidate-1',
      fates: [
        {
          candidateId: 'candidate-1',
          journey: 'welcome',
          version: 1,
          source: 'trigger',
          fate: 'win',
          gate: null,
          reason: 'highest value',
          score: { propensity: 0.1, context: 1, value: 12, lever: 1, total: 1.2 },
          untilMs: null,
        },
      ],
      replaced: null,
      summary: 'welcome enters',
    }
    const request: ArbitrationRequest = {
      decisionId: decision.decisionId,
      customerId,
      test: false,
      atMs: at.getTime(),
      bookHash: 'b',
      cause: { type: 'event', event: 'Order Completed', seq: 1 },
      active: null,
      pausedRuns: 0,
      candidates: [],
      autoSwitchesAtMs: [],
    }
    await db()
      .insertInto('decisions')
      .values({
        decision_id: decision.decisionId,
        customer_id: customerId,
        at,
        cause: JSON.stringify({ type: 'event', event: 'Order Completed', seq: 1 }),
        outcome: 'enter',
        summary: decision.summary,
        winner: 'welcome',
        request: JSON.stringify(request),
        decision: JSON.stringify(decision),
      })
      .execute()
    await db()
      .insertInto('deliveries')
      .values({
        delivery_id: `${customerId}:d`,
        customer_id: customerId,
        run_id: 'run',
        journey: 'welcome',
        version: 1,
        step: 'hello',
        message: 'welcome-1',
        channel: 'email',
        to_address: 'a@example.com',
        status: 'sent',
        at,
      })
      .execute()
  }
})
