import { randomUUID } from 'node:crypto'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test } from 'vitest'
import { EXPORTED, NOT_EXPORTED, sectionName } from '../db/customer-export.ts'
import { PERSONAL_DATA } from '../db/personal-data.ts'
import type { Database } from '../db/schema.ts'
import type { JsonObject } from '../domain/json.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

interface Exported {
  readonly customerId: string
  readonly [section: string]: JsonObject[] | string
}

const rowsOf = (exported: Exported, section: string): JsonObject[] => {
  const rows = exported[section]
  return typeof rows === 'object' ? rows : []
}

describeOnEachDatabase('GET /v1/customers/{id}/export', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })

  const identify = (userId: string, traits: JsonObject) =>
    api.request('POST /v1/identify', { body: { userId, traits } })
  const exportOf = async (name: string): Promise<Exported> => {
    const answer = await api.request(`GET /v1/customers/${name}/export`)
    expect(answer.status).toBe(200)
    return (await answer.json()) as Exported
  }

  test('is what the published schema says, with every section', async () => {
    const userId = `ana-${randomUUID()}`
    await identify(userId, { email: `${userId}@example.com`, phone: 'call me' })
    await api.request(`PUT /v1/customers/${userId}/consents/marketing/email`, {
      body: { granted: true, source: 'form', proof: 'page 3' },
    })
    await api.request('POST /v1/batch', {
      body: {
        batch: [
          { type: 'track', userId, properties: { secret: 1 } },
          { type: 'track', userId, event: 'Seen' },
        ],
      },
    })
    const exported = await exportOf(userId)
    const schema = (await (
      await api.request('GET /v1/schema/export.json', { key: null })
    ).json()) as object
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema)
    expect([validate(exported), validate.errors]).toEqual([true, null])

    expect(exported).toMatchObject({
      customers: [{ known: true, traits: { email: `${userId}@example.com` } }],
      identities: [{ kind: 'user', value: userId }],
      traitFindings: [{ trait: 'phone', value: 'call me' }],
      consents: [{ purpose: 'marketing', granted: true, proof: 'page 3' }],
      consentHistory: [{ source: 'form' }],
      quarantine: [{ body: { userId } }],
      commands: [{ action: 'consent.set' }],
    })
    expect(rowsOf(exported, 'events').map(({ type }) => type)).toEqual([
      'identify',
      'consent',
      'track',
    ])
    expect(rowsOf(exported, 'customers')[0]).not.toHaveProperty('leaseOwner')
  })

  test('holds nothing of anybody else, and all of whoever became part of the customer', async () => {
    const [one, other] = [`one-${randomUUID()}`, `other-${randomUUID()}`]
    await identify(one, { city: 'Lyon' })
    await identify(other, { city: 'Oslo' })
    const before = await exportOf(one)
    expect(JSON.stringify(before)).not.toContain('Oslo')

    await db()
      .updateTable('customers')
      .set({ merged_into: before.customerId })
      .where('customer_id', '=', (await exportOf(other)).customerId)
      .execute()
    expect((await exportOf(one))['customers']).toHaveLength(2)
    expect(JSON.stringify(await exportOf(one))).toContain('Oslo')
  })

  test('pages through more rows than it holds at once, in their order', async () => {
    const userId = `many-${randomUUID()}`
    const batch = Array.from({ length: 700 }, (_, n) => ({
      type: 'track',
      userId,
      event: 'Seen',
      properties: { n },
    }))
    for (const part of [batch.slice(0, 350), batch.slice(350)])
      await api.request('POST /v1/batch', { body: { batch: part } })
    const events = rowsOf(await exportOf(userId), 'events')
    expect(events.map(({ properties }) => (properties as JsonObject)['n'])).toEqual(
      batch.map(({ properties }) => properties.n),
    )
  })

  test('takes scope admin', async () => {
    const key = await api.keyWith('read', 'operate', 'publish')
    expect((await api.request('GET /v1/customers/nobody/export', { key })).status).toBe(403)
    expect((await api.request('GET /v1/customers/nobody/export')).status).toBe(404)
  })

  test('every table that an erasure empties is exported, or named with the reason why not', () => {
    const erased = (Object.keys(PERSONAL_DATA) as (keyof Database)[]).filter(
      (table) => PERSONAL_DATA[table].fate !== 'keep',
    )
    expect([...EXPORTED, ...Object.keys(NOT_EXPORTED)].toSorted()).toEqual(erased.toSorted())
    expect(new Set(EXPORTED.map(sectionName)).size).toBe(EXPORTED.length)
  })
})
