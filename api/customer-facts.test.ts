import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const DAY_MS = 86_400_000

describeOnEachDatabase('what is known of a customer, over HTTP', (db) => {
  const nowMs = Date.now()
  let api: TestApi
  let userId: string
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => nowMs })
  })
  beforeEach(async () => {
    userId = randomUUID()
    await db().deleteFrom('rule_documents').execute()
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    const json = (await answer.json()) as JsonObject
    expect(answer.status, JSON.stringify(json)).toBeLessThan(300)
    return json
  }
  const page = () => ask(`GET /v1/customers/${userId}`)
  const daysAgo = (days: number) => new Date(Math.floor(nowMs / 1_000) * 1_000 - days * DAY_MS)
  const say = (event: string, days: number, properties: JsonObject, traits?: JsonObject) =>
    ask('POST /v1/track', {
      userId,
      event,
      properties,
      messageId: randomUUID(),
      timestamp: daysAgo(days).toISOString(),
      context: { source: 'call_centre', ...(traits === undefined ? {} : { traits }) },
    })

  test('is nothing but the facts that need no data, where nothing is stored', async () => {
    await ask('POST /v1/identify', { userId })
    const known = await page()
    expect(known).not.toHaveProperty('cases')
    expect(known).not.toHaveProperty('calls')
    expect(known).not.toHaveProperty('emotion')
    expect(known).not.toHaveProperty('nps')
    expect(known['facts']).not.toHaveProperty('nps')
    expect(known['facts']).toMatchObject({
      lead_score: { value: 0, title: 'How near to buying (0 to 100)' },
      preferred_channel: { value: 'none' },
    })
    expect(known['channels']).toContainEqual({
      channel: 'email',
      reachable: false,
      because: 'no_address',
      marketing: false,
    })
  })

  test('is each published fact with its source, on what is stored now', async () => {
    await ask('PUT /v1/fact-rules', {
      facts: {
        calls: { formula: "count('Call Received')", source: 'The call centre' },
        patient: { title: 'Patient', formula: "fact('calls') < 3", source: 'Calls' },
        plan: { formula: 'customer.traits.plan', source: 'The shop' },
      },
    })
    await say('Call Received', 3, {})
    expect((await page())['facts']).toEqual({
      calls: { title: 'calls', value: 1, source: 'The call centre' },
      patient: { title: 'Patient', value: true, source: 'Calls' },
    })
    await say('Call Received', 2, {}, { plan: 'gold' })
    await say('Call Received', 1, {})
    expect((await page())['facts']).toMatchObject({
      calls: { value: 3 },
      patient: { value: false },
      plan: { value: 'gold' },
    })
  })

  test('is what service heard: cases, calls, the last emotion and NPS', async () => {
    await say('Call Received', 5, { reason: 'delivery', emotion: 'calm' })
    await say('Call Received', 2, { reason: 'refund', emotion: 'angry' })
    await say('Call Received', 4, { reason: 'size', emotion: 'glad' })
    await say('Survey Answered', 3, { score: 4 }, { nps: 4, email: 'ada@example.com' })
    const promised = daysAgo(-1).toISOString()
    await say('Case Opened', 4, {
      case_id: '1',
      severity: 2,
      promised_at: daysAgo(-3).toISOString(),
    })
    await say('Case Opened', 4, { case_id: '2', severity: 4, promised_at: promised })
    await say('Case Opened', 4, { case_id: '3', severity: 5 })
    await say('Case Closed', 3, { case_id: '3' })
    const known = await page()
    expect(known).toMatchObject({
      cases: { open: 2, worstSeverity: 4, nextPromisedAt: promised },
      calls: {
        count: 3,
        lastAt: daysAgo(2).toISOString(),
        lastReason: 'refund',
        lastEmotion: 'angry',
      },
      emotion: { value: 'angry', at: daysAgo(2).toISOString(), event: 'Call Received' },
      nps: { score: 4, at: daysAgo(3).toISOString(), source: 'call_centre' },
    })
    await say('Case Contacted', 1, { case_id: '2', emotion: 'upset' })
    expect((await page())['emotion']).toEqual({
      value: 'upset',
      at: daysAgo(1).toISOString(),
      event: 'Case Contacted',
    })
    await say('Case Closed', 0, { case_id: '1' })
    await say('Case Closed', 0, { case_id: '2' })
    expect((await page())['cases']).toEqual({ open: 0 })
  })

  test('holds for test customers too, on their own clock', async () => {
    await ask('POST /v1/identify', { userId, traits: { created_at: daysAgo(10).toISOString() } })
    await db()
      .updateTable('customers')
      .set({ test: true, clock_offset_ms: 5 * DAY_MS })
      .where(
        'customer_id',
        'in',
        db().selectFrom('identities').select('customer_id').where('value', '=', userId),
      )
      .execute()
    expect((await page())['facts']).toMatchObject({ tenure_days: { value: 15 } })
  })
})
