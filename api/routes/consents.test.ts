import { beforeEach, describe, expect, test } from 'vitest'
import { insertCustomers, updateProfiles } from '../../db/customer-profiles.ts'
import type { JsonObject } from '../../domain/json.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'

const TEXT = { locale: 'es', wording: 'Quiero recibir novedades.' }

describeOnEachDatabase('consents', (db) => {
  let api: TestApi
  let customerId: string
  let count = 0

  beforeEach(async () => {
    api = await createTestApi(db())
    customerId = `consenting-${++count}`
    await db()
      .transaction()
      .execute(async (trx) => {
        await insertCustomers(trx, [{ customerId, atMs: 0 }])
        const traits = { email: `${customerId}@example.com` }
        await updateProfiles(trx, [{ customerId, traits, origins: {}, known: true, zone: 'UTC' }])
      })
    await api.request('PUT /v1/consent-texts/news-1', { body: TEXT })
  })

  const call = async (what: string, body?: unknown) => {
    const answer = await api.request(what, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as JsonObject }
  }
  const place = () => `/v1/customers/${customerId}/consents/marketing/email`
  const say = (granted: boolean, more: JsonObject = {}) =>
    call(`PUT ${place()}`, { granted, source: 'form', ...more })
  const all = async (query = '') =>
    (await call(`GET /v1/customers/${customerId}/consents${query}`)).body
  const log = () =>
    db()
      .selectFrom('events')
      .select('payload')
      .where('customer_id', '=', customerId)
      .where('type', '=', 'consent')
      .orderBy('seq')
      .execute()

  describe('what is said', () => {
    test('is kept with source, time, text and a proof of several members', async () => {
      const proof = { form: 'checkout', order: 'o1' }
      const at = '2026-03-01T10:00:00.000Z'
      const { status, body } = await say(true, { at, proof, textVersion: 'news-1' })
      expect(status).toBe(200)
      const said = { purpose: 'marketing', channel: 'email', granted: true, source: 'form' }
      const consent = { ...said, at, proof, textVersion: 'news-1' }
      expect(body).toEqual(consent)
      const { inForce, data, requests } = await all()
      expect(inForce).toEqual([consent])
      expect(data).toMatchObject([consent])
      expect(requests).toEqual([])
      const timeline = await call(`GET /v1/customers/${customerId}/timeline`)
      expect(timeline.body['data']).toMatchObject([
        { kind: 'consent', at, data: { proof, textVersion: 'news-1' } },
      ])
    })

    test('before something that is in force is kept, told to nobody, and overrides nothing', async () => {
      await say(false, { at: '2026-03-02T00:00:00Z' })
      const { body } = await say(true, { at: '2026-03-01T00:00:00Z' })
      expect(body).toMatchObject({ granted: false, at: '2026-03-02T00:00:00.000Z' })
      expect((await all())['data']).toMatchObject([{ granted: false }, { granted: true }])
      expect(await log()).toHaveLength(1)
    })

    test.each([
      [true, false],
      [false, true],
    ])('about one instant, %s then %s, is a no', async (first, second) => {
      const at = '2026-03-02T00:00:00Z'
      await say(first, { at, source: 'one' })
      expect((await say(second, { at, source: 'other' })).body).toMatchObject({ granted: false })
    })

    test('later than a no is a yes again', async () => {
      await say(false, { at: '2026-03-01T00:00:00Z' })
      expect((await say(true, { at: '2026-03-02T00:00:00Z' })).body).toMatchObject({
        granted: true,
      })
    })

    test('now is said after all that is on record, also within one tick of the clock', async () => {
      const nowMs = Date.parse('2026-03-02T00:00:00Z')
      const frozen = await createTestApi(db(), { now: () => nowMs })
      const answers = []
      for (const granted of [true, false, true, false]) {
        const body = { granted, source: 'form' }
        answers.push(await (await frozen.request(`PUT ${place()}`, { body })).json())
      }
      expect(answers).toMatchObject([
        { granted: true },
        { granted: false },
        { granted: true },
        { granted: false },
      ])
    })

    test('of a text that nobody has published is refused', async () => {
      const { status, body } = await say(true, { textVersion: 'nowhere' })
      expect(status).toBe(422)
      expect(body['findings']).toMatchObject([{ code: 'unknown_text', path: '/textVersion' }])
      expect((await all())['data']).toEqual([])
    })

    test('is read page by page, the latest first', async () => {
      for (const day of ['01', '02', '03']) await say(true, { at: `2026-03-${day}T00:00:00Z` })
      const first = await all('?limit=2')
      expect(first['data']).toMatchObject([
        { at: '2026-03-03T00:00:00.000Z' },
        { at: '2026-03-02T00:00:00.000Z' },
      ])
      const next = await all(`?limit=2&cursor=${first['nextCursor'] as string}`)
      expect(next).toMatchObject({ data: [{ at: '2026-03-01T00:00:00.000Z' }], nextCursor: null })
    })
  })

  describe('a text', () => {
    test('stays as it was published', async () => {
      const again = await call('PUT /v1/consent-texts/news-1', TEXT)
      expect(again.status).toBe(200)
      const changed = await call('PUT /v1/consent-texts/news-1', { ...TEXT, wording: 'Otra cosa' })
      expect(changed.status).toBe(409)
      expect((await call('GET /v1/consent-texts/news-1')).body).toMatchObject({
        ...TEXT,
        hash: again.body['hash'],
      })
      expect((await call('GET /v1/consent-texts')).body['data']).toMatchObject([TEXT])
    })

    test('that is not there is not found', async () => {
      expect((await call('GET /v1/consent-texts/nowhere')).status).toBe(404)
    })
  })

  describe('a request with double opt-in', () => {
    const ask = (more: JsonObject = {}) =>
      call(`POST ${place()}/requests`, { source: 'footer form', textVersion: 'news-1', ...more })
    const events = () =>
      db()
        .selectFrom('events')
        .select(['name', 'properties', 'status'])
        .where('customer_id', '=', customerId)
        .where('name', 'is not', null)
        .orderBy('seq')
        .execute()

    test('grants nothing, and is told to the journey that comes with Rumbo', async () => {
      const { status, body } = await ask()
      expect(status).toBe(202)
      expect(body).toMatchObject({ status: 'open', textVersion: 'news-1', source: 'footer form' })
      expect(await all()).toMatchObject({ inForce: [], data: [], requests: [{ status: 'open' }] })
      const { requestId, expiresAt } = body
      const said = { purpose: 'marketing', channel: 'email', textVersion: 'news-1', language: 'es' }
      expect(await events()).toEqual([
        {
          name: 'Consent Requested',
          status: 'pending',
          properties: { requestId, expiresAt, ...said },
        },
      ])
    })

    test('once more sends nothing; for another text, or to another address, it takes its place', async () => {
      const { body: first } = await ask()
      expect((await ask()).body['requestId']).toBe(first['requestId'])
      expect(await events()).toHaveLength(1)
      await call('PUT /v1/consent-texts/news-2', { ...TEXT, wording: 'Y ofertas.' })
      expect((await ask({ textVersion: 'news-2' })).body['requestId']).not.toBe(first['requestId'])
      const traits = { email: 'elsewhere@example.com' }
      await db()
        .transaction()
        .execute((trx) =>
          updateProfiles(trx, [{ customerId, traits, origins: {}, known: true, zone: 'UTC' }]),
        )
      await ask({ textVersion: 'news-2' })
      expect((await events()).map(({ name }) => name)).toEqual([
        'Consent Requested',
        'Consent Request Ended',
        'Consent Requested',
        'Consent Request Ended',
        'Consent Requested',
      ])
      const statuses = ((await all())['requests'] as JsonObject[]).map((each) => each['status'])
      expect(new Set(statuses)).toEqual(new Set(['open', 'superseded']))
    })

    test('is ended by a no', async () => {
      const { body } = await ask()
      await say(false)
      expect((await all())['requests']).toMatchObject([{ status: 'withdrawn' }])
      expect((await events()).at(-1)).toMatchObject({
        name: 'Consent Request Ended',
        properties: { requestId: body['requestId'], reason: 'withdrawn' },
      })
    })

    test('is not ended by a no from before it', async () => {
      await ask()
      await say(false, { at: '2020-01-01T00:00:00Z' })
      expect((await all())['requests']).toMatchObject([{ status: 'open' }])
    })

    test.each([
      ['of a text that is not there', { textVersion: 'nowhere' }, 'unknown_text'],
      ['without an address', {}, 'no_address'],
    ])('%s is refused', async (_, more, code) => {
      if (code === 'no_address')
        await db()
          .transaction()
          .execute((trx) =>
            updateProfiles(trx, [
              { customerId, traits: {}, origins: {}, known: true, zone: 'UTC' },
            ]),
          )
      const { status, body } = await ask(more)
      expect(status).toBe(422)
      expect(body['findings']).toMatchObject([{ code }])
      expect(await events()).toEqual([])
    })

    test('on a channel that no link confirms is refused', async () => {
      const answer = await call(`POST ${place().replace('email', 'sms')}/requests`, {
        source: 'form',
        textVersion: 'news-1',
      })
      expect(answer.status).toBe(422)
    })

    test('leaves the journey alone once somebody has changed it, and says so where it was closed', async () => {
      await ask()
      const path = '/v1/journeys/double-opt-in'
      const { body } = await call(`GET ${path}/versions/1`)
      const changed = { ...(body['definition'] as JsonObject), queueFor: 'P2D' }
      expect((await call(`POST ${path}/versions`, changed)).status).toBe(201)
      await say(false)
      await ask()
      expect((await call(`GET ${path}`)).body).toMatchObject({ latestVersion: 2 })
      await call(`POST ${path}/versions/2/close`, {})
      await say(false)
      expect((await ask()).status).toBe(409)
    })
  })

  describe('an import', () => {
    const row = (more: JsonObject = {}): JsonObject => ({
      customer: customerId,
      purpose: 'marketing',
      channel: 'email',
      granted: true,
      at: '2024-01-01T00:00:00Z',
      source: 'old shop',
      proof: { row: 7 },
      ...more,
    })
    const bring = (rows: unknown, query = '') => call(`POST /v1/consents/import${query}`, rows)

    test('keeps good rows and names all that is wrong with bad ones', async () => {
      const { status, body } = await bring([
        row(),
        { ...row({ channel: 'sms' }), proof: null, at: null },
        row({ customer: 'nobody' }),
        row({ textVersion: 'nowhere' }),
        row({ granted: false, at: '2023-01-01T00:00:00Z' }),
      ])
      expect(status).toBe(200)
      expect(body).toMatchObject({ inForce: 1, kept: 1, repeated: 0, refused: 3 })
      const codes = (body['rows'] as { findings: { code: string }[] }[]).map(({ findings }) =>
        findings.map(({ code }) => code),
      )
      expect(codes).toEqual([
        [],
        ['missing_field', 'missing_field'],
        ['unknown_customer'],
        ['unknown_text'],
        [],
      ])
      expect((await all())['inForce']).toMatchObject([
        { channel: 'email', granted: true, source: 'old shop', proof: { row: 7 } },
      ])
    })

    test('once more changes nothing, by content or by key', async () => {
      await bring([row(), row({ key: 'k1', channel: 'sms' })])
      const again = [row(), row({ key: 'k1', channel: 'sms', source: 'spelt anew' })]
      expect((await bring(again)).body).toMatchObject({ repeated: 2, inForce: 0 })
      expect((await all())['data']).toHaveLength(2)
    })

    test('never overrides what was said later', async () => {
      await say(false)
      expect((await bring([row()])).body).toMatchObject({ kept: 1, inForce: 0 })
      expect((await all())['inForce']).toMatchObject([{ granted: false }])
    })

    test('tried dry says the same and changes nothing', async () => {
      const { body } = await bring([row(), row(), row({ proof: '' })], '?dryRun=true')
      expect(body).toMatchObject({ dryRun: true, inForce: 1, repeated: 1, refused: 1 })
      expect(await all()).toMatchObject({ inForce: [], data: [] })
      expect(api.pending).toEqual([])
    })

    test('comes as lines too', async () => {
      const headers = { 'content-type': 'application/x-ndjson' }
      const lines = [row(), row({ channel: 'sms' })].map((each) => JSON.stringify(each)).join('\n')
      const answer = await api.request('POST /v1/consents/import', { body: lines, headers })
      expect(await answer.json()).toMatchObject({ inForce: 2 })
    })

    test.each([
      [400, 'application/json', '{"rows":[]}'],
      [400, 'application/x-ndjson', '{}\n{'],
      [415, 'text/csv', 'a,b'],
      [413, 'application/json', `[${'{},'.repeat(500)}{}]`],
    ])('is answered %i for %s %s', async (status, type, body) => {
      const headers = { 'content-type': type }
      expect((await api.request('POST /v1/consents/import', { body, headers })).status).toBe(status)
    })
  })
})
