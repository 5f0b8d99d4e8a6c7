import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'

interface Plan {
  changes: { customerId: string; trait: string; before: unknown; after: unknown }[]
  skipped: unknown[]
  nextCursor: string | null
}
interface Repaired {
  repairId: string
  repaired: number
  skipped: number
  nextCursor: string | null
}

describeOnEachDatabase('data quality', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
    const welcome = journey('welcome', {
      entry: { on: [{ event: 'Signed Up' }], when: "customer.traits.plan == 'pro'" },
      messages: { hello: mail('Hello {{ customer.traits.firstName }}') },
      start: 'hello',
      steps: {
        hello: { type: 'message', message: 'hello', next: 'done' },
        done: { type: 'exit' },
      },
    })
    const answer = await api.request('POST /v1/journeys/welcome/versions', { body: welcome })
    expect(answer.status, await answer.text()).toBe(201)
  })

  const identify = (userId: string, traits: JsonObject) =>
    api.request('POST /v1/identify', { body: { userId, traits } })
  const get = async <Body = JsonObject>(path: string) => {
    const answer = await api.request(`GET ${path}`)
    expect(answer.status).toBe(200)
    return (await answer.json()) as Body
  }
  const post = async <Body>(path: string, body?: unknown) => {
    const answer = await api.request(`POST ${path}`, body === undefined ? {} : { body })
    expect(answer.status, await answer.clone().text()).toBe(200)
    return (await answer.json()) as Body
  }
  const traitsOf = async (who: string) =>
    (await get<{ traits: JsonObject }>(`/v1/customers/${who}`)).traits
  const idOf = async (who: string) =>
    (await get<{ customerId: string }>(`/v1/customers/${who}`)).customerId

  describe('of one customer', () => {
    test('says what is there of what is needed, what is wrong, and on which channels it reaches', async () => {
      await identify('one', { email: 'one@mailinator.com', firstName: 'N/A', plan: 'pro' })
      expect(await get('/v1/customers/one/data-quality')).toMatchObject({
        completeness: [
          { trait: 'email', neededBy: ['channels', 'rules'], present: true },
          { trait: 'firstName', neededBy: ['templates'], present: false },
          { trait: 'plan', neededBy: ['rules'], present: true },
        ],
        findings: [
          { trait: 'email', kind: 'flagged', problem: 'disposable', value: null },
          { trait: 'firstName', kind: 'setAside', problem: 'placeholder', value: 'N/A' },
        ],
        freshness: { lastSaidAt: expect.any(String) as string },
        reachability: [
          { channel: 'email', reachable: false, because: 'disposable', marketing: false },
          { channel: 'push', reachable: false, because: 'no_address' },
          { channel: 'sms' },
          { channel: 'webhook', reachable: true },
          { channel: 'onsite', reachable: true },
          { channel: 'agent_task', reachable: true },
          { channel: 'audience_sync', reachable: true },
        ],
        likelyDuplicates: [],
      })
    })

    test('says whom else it looks like, and why', async () => {
      const birthday = '1990-01-02'
      await identify('twin 1', { email: 'Twin@example.com', phone: '+49 170 1234567' })
      await identify('twin 2', { email: 'twin@Example.com', name: 'Eva Twin', birthday })
      await identify('twin 3', {
        phone: '+491701234567',
        firstName: 'eva',
        lastName: 'twin',
        birthDate: birthday,
      })
      const [one, two, three] = await Promise.all(['twin%201', 'twin%202', 'twin%203'].map(idOf))
      const alike = async (who: string) =>
        (await get<{ likelyDuplicates: unknown }>(`/v1/customers/${who}/data-quality`))
          .likelyDuplicates
      expect(await alike('twin%201')).toEqual([
        { because: 'same_email', customerIds: [two] },
        { because: 'same_phone', customerIds: [three] },
      ])
      expect(await alike('twin%202')).toEqual([
        { because: 'same_email', customerIds: [one] },
        { because: 'same_name_and_birthday', customerIds: [three] },
      ])
    })
  })

  test('in total is counts and ids, never a value', async () => {
    await identify('counted', { email: 'hidden@example.com', lastName: '12345' })
    const report = await get('/v1/reports/data-quality')
    expect(report).toMatchObject({
      completeness: [
        { trait: 'email', neededBy: ['channels', 'rules'] },
        { trait: 'firstName' },
        { trait: 'plan' },
      ],
      duplicates: [
        { because: 'same_email', groups: 1, customers: 2 },
        { because: 'same_phone', groups: 1, customers: 2 },
        { because: 'same_name_and_birthday', groups: 1, customers: 2 },
      ],
    })
    expect(report['findings']).toContainEqual({
      kind: 'setAside',
      problem: 'no_letters',
      trait: 'lastName',
      customers: 1,
    })
    const { email } = report['reachability'] as Record<string, Record<string, number>>
    expect(email?.['reachable']).toBe((email?.['withAddress'] ?? 0) - (email?.['disposable'] ?? 0))
    for (const value of ['hidden', '12345', 'twin@', '+49']) {
      expect(JSON.stringify(report)).not.toContain(value)
    }
  })

  describe('repaired in bulk', () => {
    test('by suggestion: previewed, applied, heard of by actors, undone', async () => {
      await identify('typo 1', { email: 'a@gmai.com' })
      await identify('typo 2', { email: 'b@gmail.con' })
      const wish = { rule: 'suggestion', problem: 'mistyped_domain' }
      const plan = await post<Plan>('/v1/data-quality/repairs/preview', wish)
      expect(
        plan.changes.map(({ before, after }) => `${String(before)} → ${String(after)}`).toSorted(),
      ).toEqual(['a@gmai.com → a@gmail.com', 'b@gmail.con → b@gmail.com'])
      expect(await traitsOf('typo%201')).toEqual({ email: 'a@gmai.com' })

      const { repairId, repaired } = await post<Repaired>('/v1/data-quality/repairs', wish)
      expect(repaired).toBe(2)
      expect(await traitsOf('typo%201')).toEqual({ email: 'a@gmail.com' })
      const said = await db()
        .selectFrom('events')
        .select(['type', 'traits', 'context'])
        .where('message_id', 'like', `repair:${repairId}:%`)
        .execute()
      expect(said).toHaveLength(2)
      expect(said[0]).toMatchObject({ type: 'identify', context: { source: 'data-quality' } })

      expect(await post<Repaired>('/v1/data-quality/repairs', wish)).toMatchObject({
        repairId: null,
        repaired: 0,
      })

      await identify('typo 2', { email: 'new@example.com' })
      const undo = `/v1/data-quality/repairs/${repairId}/undo`
      expect(await post(undo)).toEqual({ undone: 1, skipped: 1 })
      expect(await traitsOf('typo%201')).toEqual({ email: 'a@gmai.com' })
      expect(await traitsOf('typo%202')).toEqual({ email: 'new@example.com' })
      expect(await post(undo)).toEqual({ undone: 0, skipped: 1 })
      const open = await post<Plan>('/v1/data-quality/repairs/preview', wish)
      expect(open.changes.map(({ before }) => before)).toEqual(['a@gmai.com'])
    })

    test('by judging what was set aside again, with a region for phone numbers', async () => {
      await identify('phone 1', { mobile: '0170 1234567' })
      await identify('phone 2', { mobile: 'call me' })
      const wish = { rule: 'again', trait: 'mobile', region: 'DE' }
      expect(await post('/v1/data-quality/repairs', wish)).toMatchObject({
        repaired: 1,
        skipped: 1,
      })
      expect(await traitsOf('phone%201')).toEqual({ mobile: '+491701234567' })
      const open = await get<{ data: { value: unknown }[] }>(
        '/v1/data-quality/findings?trait=mobile',
      )
      expect(open.data.map(({ value }) => value)).toEqual(['call me'])
    })

    test('by given values, of which bad ones are left out', async () => {
      await identify('given', { lastName: '?' })
      const values = [
        { customer: 'given', trait: 'lastName', value: 'Lovelace' },
        { customer: 'given', trait: 'email', value: 'nobody' },
      ]
      const wish = { rule: 'values', values }
      expect(await post('/v1/data-quality/repairs', wish)).toMatchObject({
        repaired: 1,
        skipped: 1,
      })
      expect(await traitsOf('given')).toEqual({ lastName: 'Lovelace' })
    })

    test('where profiles came in before they were judged, page by page', async () => {
      await identify('old 1', { plan: 'a' })
      await identify('old 2', { plan: 'b' })
      const stored = [
        ['old%201', { email: 'nobody', country: 'Germany' }],
        ['old%202', { email: 'Old@Example.COM' }],
      ] as const
      for (const [who, traits] of stored)
        await db()
          .updateTable('customers')
          .set({ traits: JSON.stringify(traits) })
          .where('customer_id', '=', await idOf(who))
          .execute()
      let cursor: string | null = null
      let repaired = 0
      do {
        const wish = { rule: 'stored', limit: 3, ...(cursor === null ? {} : { cursor }) }
        const done: Repaired = await post<Repaired>('/v1/data-quality/repairs', wish)
        repaired += done.repaired
        cursor = done.nextCursor
      } while (cursor !== null)
      expect(repaired).toBe(3)
      expect(await traitsOf('old%201')).toEqual({ country: 'DE' })
      expect(await traitsOf('old%202')).toEqual({ email: 'Old@example.com' })
      expect(await get('/v1/customers/old%201/data-quality')).toMatchObject({
        findings: [{ trait: 'email', problem: 'no_at_sign', value: 'nobody' }],
        reachability: expect.arrayContaining([
          expect.objectContaining({ channel: 'email', reachable: false, because: 'no_address' }),
        ]) as unknown,
      })
    })

    test('is recorded as a command, without values', async () => {
      const { data } = await get<{ data: { action: string; after: unknown }[] }>('/v1/commands')
      const actions = data.filter(({ action }) => action.startsWith('data-quality.'))
      expect(actions.map(({ action }) => action)).toContain('data-quality.undo')
      expect(JSON.stringify(actions)).not.toMatch(/@|Lovelace|\+49/)
    })
  })
})
