import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

describeOnEachDatabase('commands', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })

  const newCustomer = async () => {
    const userId = randomUUID()
    await api.request('POST /v1/identify', { body: { userId, traits: { plan: 'free' } } })
    return userId
  }
  const newestCommands = async (limit: number) => {
    const answer = await api.request(`GET /v1/commands?limit=${limit}`)
    return ((await answer.json()) as { data: { action: string; target: string }[] }).data
  }

  describe('Idempotency-Key', () => {
    const send = (idempotencyKey: string, body: unknown) =>
      api.request('POST /v1/keys', { body, headers: { 'idempotency-key': idempotencyKey } })
    const keysCalled = async (name: string) =>
      db().selectFrom('api_keys').select('key_id').where('name', '=', name).execute()

    test('the same key and body gets the first answer, and happens once', async () => {
      const body = { name: randomUUID(), scopes: ['read'] }
      const idempotencyKey = randomUUID()
      const first = await send(idempotencyKey, body)
      const second = await send(idempotencyKey, body)
      expect([first.status, second.status]).toEqual([201, 201])
      expect(second.headers.get('idempotent-replay')).toBe('true')
      const shown = (await first.json()) as { secret: string }
      expect(shown.secret).toMatch(/^rk_/)
      // The one thing that is not kept: the secret is shown once.
      expect(await second.json()).toEqual({ ...shown, secret: null })
      expect(await keysCalled(body.name)).toHaveLength(1)
    })

    test('many at once happen once', async () => {
      const body = { name: randomUUID(), scopes: ['read'] }
      const idempotencyKey = randomUUID()
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send(idempotencyKey, body)))
      expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201, 201])
      expect(await keysCalled(body.name)).toHaveLength(1)
    })

    test('another body is refused with 422', async () => {
      const idempotencyKey = randomUUID()
      await send(idempotencyKey, { name: randomUUID(), scopes: ['read'] })
      const other = await send(idempotencyKey, { name: randomUUID(), scopes: ['read'] })
      expect(other.status).toBe(422)
      expect(await other.json()).toMatchObject({ type: '/docs/problems.md#idempotency_key_reused' })
    })

    test('is free again after 24 hours, and where the first request died', async () => {
      const idempotencyKey = randomUUID()
      await send(idempotencyKey, { name: randomUUID(), scopes: ['read'] })
      const age = (hours: number, status: number | null) =>
        db()
          .updateTable('idempotency_keys')
          .set({ created_at: new Date(Date.now() - hours * 3_600_000), status })
          .where('idempotency_key', '=', idempotencyKey)
          .execute()
      await age(25, 201)
      const later = await send(idempotencyKey, { name: randomUUID(), scopes: ['read'] })
      expect([later.status, later.headers.get('idempotent-replay')]).toEqual([201, null])
      await age(1, null)
      expect((await send(idempotencyKey, { name: randomUUID(), scopes: ['read'] })).status).toBe(
        201,
      )
    })
  })

  describe('keys', () => {
    test('a new key works at once, is listed without its secret, and dies at once when ended', async () => {
      const made = await api.request('POST /v1/keys', { body: { name: 'n', scopes: ['read'] } })
      const { keyId, secret } = (await made.json()) as { keyId: string; secret: string }
      const use = () => api.request('GET /v1/customers', { key: secret })
      expect((await use()).status).toBe(200)
      const listed = await (await api.request('GET /v1/keys')).text()
      expect(listed).toContain(keyId)
      expect(listed).not.toContain(secret)
      const hash = await db().selectFrom('api_keys').select('secret_hash').execute()
      expect(hash.map((row) => row.secret_hash)).not.toContain(secret)

      expect((await api.request(`DELETE /v1/keys/${keyId}`)).status).toBe(204)
      expect((await use()).status).toBe(401)
      expect((await api.request(`DELETE /v1/keys/${keyId}`)).status).toBe(204)
      expect(await newestCommands(2)).toMatchObject([
        { action: 'key.revoke', target: `key/${keyId}` },
        { action: 'key.create', target: `key/${keyId}` },
      ])
    })

    test('the last key that can manage keys cannot be ended', async () => {
      const admins = await db()
        .selectFrom('api_keys')
        .select('key_id')
        .where('name', '=', 'RUMBO_API_KEY')
        .execute()
      const answer = await api.request(`DELETE /v1/keys/${admins[0]?.key_id}`)
      expect(answer.status).toBe(409)
    })

    test('unknown and missing fields are named, all of them', async () => {
      const body = { naem: 'x', scopes: ['read', 'everything'] }
      const answer = await api.request('POST /v1/keys', { body })
      expect(answer.status).toBe(400)
      const { findings } = (await answer.json()) as { findings: { code: string; path: string }[] }
      expect(findings.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
        'invalid_value /scopes/1',
        'missing_field /name',
        'unknown_field /naem',
      ])
    })
  })

  describe('customers', () => {
    test('a consent is in force at once, told to the actor, and on record', async () => {
      const userId = await newCustomer()
      const put = (body: object) =>
        api.request(`PUT /v1/customers/${userId}/consents/marketing/email`, { body })
      const answer = await put({ granted: true, source: 'form', proof: 'ip 127.0.0.1' })
      expect(answer.status).toBe(200)
      await put({ granted: false, source: 'link' })
      const page = await api.request(`GET /v1/customers/${userId}`)
      const { customerId, consents } = (await page.json()) as {
        customerId: string
        consents: object[]
      }
      expect(consents).toMatchObject([
        { purpose: 'marketing', channel: 'email', granted: false, source: 'link', proof: null },
      ])
      expect(api.pending).toContain(customerId)
      const timeline = await api.request(`GET /v1/customers/${userId}/timeline`)
      const { data } = (await timeline.json()) as { data: { kind: string; summary: string }[] }
      expect(data.map((line) => line.summary)).toEqual([
        'consent withdrawn: marketing by email',
        'consent given: marketing by email',
        'identify',
      ])
    })

    test('an exit is stored for the actor', async () => {
      const userId = await newCustomer()
      const answer = await api.request(`POST /v1/customers/${userId}/exit`, {
        body: { journey: 'welcome', reason: 'asked by phone' },
      })
      expect(answer.status).toBe(202)
      expect((await newestCommands(1))[0]).toMatchObject({ action: 'customer.exit' })
    })

    test('moving clocks where that is off says what to switch on', async () => {
      const userId = await newCustomer()
      const body = { by: 'P3D' }
      const answer = await api.request(`POST /v1/customers/${userId}/fast-forward`, { body })
      expect(answer.status).toBe(422)
      expect(await answer.json()).toMatchObject({
        type: '/docs/problems.md#time_travel_off',
        detail: expect.stringContaining('RUMBO_TIME_TRAVEL'),
      })
      const wrong = await api.request(`POST /v1/customers/${userId}/fast-forward`, {
        body: { by: 'three days' },
      })
      expect(wrong.status).toBe(400)
    })
  })
})
