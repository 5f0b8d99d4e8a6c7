import { ServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client'
import { beforeAll, expect, test } from 'vitest'
import { newCustomer } from '../domain/actor/new-customer.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'

const NOW_MS = Date.parse('2026-12-10T10:00:00Z')

/** An engine without this actor, or none at all. */
function engineThatSays(error: Error): Client {
  const refuse = async (reason: Error) => {
    throw reason
  }
  return {
    workflow: {
      getHandle: () => ({ query: () => refuse(error) }),
      executeUpdateWithStart: () => refuse(new ServiceError('away')),
    },
    withDeadline: async (_: number, act: () => Promise<unknown>) => act(),
  } as unknown as Client
}
const noActor = engineThatSays(new WorkflowNotFoundError('none', 'customer/c', undefined))
const noEngine = engineThatSays(new ServiceError('away'))

interface Next {
  readonly ranked: { id: string; source: string }[]
  readonly refused: { id: string; gate: string; reason: string }[]
  readonly committed: { status: string; seq: number } | null
}

describeOnEachDatabase('next', (db) => {
  let api: TestApi
  let away: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS, client: () => noActor })
    away = await createTestApi(db(), { now: () => NOW_MS, client: () => noEngine })
    const help = journey('help', {
      class: 'service',
      entry: { on: [{ api: true }], reentry: { mode: 'afterExit' } },
      steps: { hello: { type: 'exit' } },
      messages: {},
    })
    const made = await api.request('POST /v1/journeys/help/versions', { body: help })
    expect(made.status, await made.clone().text()).toBe(201)
    for (const userId of ['ana', 'ben'])
      await api.request('POST /v1/identify', { body: { userId, traits: { plan: 'pro' } } })
  })
  const ask = (who: string, body: object, options: { key?: string; headers?: object } = {}) =>
    api.request(`POST /v1/customers/${who}/next`, { body, ...options } as never)
  const offer = { id: 'discount', class: 'service', value: 5 }
  const logged = () =>
    db().selectFrom('events').select(['seq', 'payload']).where('type', '=', 'offer').execute()

  test('answers from what a new customer would be, where no actor has ever run', async () => {
    const answer = await ask('ana', { channel: 'web', offers: [offer] })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      customerId: expect.any(String),
      at: '2026-12-10T10:00:00.000Z',
      source: 'snapshot',
      asOf: null,
      current: null,
      ranked: [
        {
          kind: 'journey',
          id: 'help',
          source: 'request',
          version: 1,
          score: { propensity: 0.1, context: 1, value: 10, lever: 1, total: 1 },
          reason: 'chance 10 % × worth 10 × lever 1 = 1',
        },
        {
          kind: 'offer',
          id: 'discount',
          source: 'offer',
          version: null,
          score: { propensity: 0.1, context: 1, value: 5, lever: 1, total: 0.5 },
          reason: 'chance 10 % × worth 5 × lever 1 = 0.5',
        },
      ],
      refused: [],
      exclusions: [],
      caps: [],
      committed: null,
    })
    expect(await logged()).toEqual([])
  })

  test('answers from the last snapshot with the consents of now, with the engine down too', async () => {
    const { customerId } = (await (await ask('ben', {})).json()) as { customerId: string }
    const known = newCustomer({ customerId, test: false, zone: 'UTC', known: true }, NOW_MS - 1_000)
    const snapshot = { ...known, consents: { marketing: { web: true, 'call-centre': true } } }
    await db()
      .updateTable('customers')
      .set({ snapshot: JSON.stringify(snapshot), snapshot_turn: 1, snapshot_batch: 0 })
      .where('customer_id', '=', customerId)
      .execute()
    await db()
      .insertInto('consents')
      .values(
        (['web', 'call-centre'] as const).map((channel) => ({
          customer_id: customerId,
          purpose: 'marketing',
          channel,
          granted: channel === 'web',
          at: new Date(NOW_MS),
          source: 'test',
          proof: null,
        })),
      )
      .execute()
    const sale = { ...offer, class: 'marketing' }
    const on = async (channel: string) => {
      const body = { channel, offers: [sale] }
      const answer = await away.request('POST /v1/customers/ben/next', { body })
      return (await answer.json()) as Next
    }
    expect(await on('web')).toMatchObject({
      source: 'snapshot',
      asOf: '2026-12-10T09:59:59.000Z',
      ranked: [{ id: 'help' }, { id: 'discount' }],
    })
    expect((await on('call-centre')).refused).toEqual([
      { kind: 'offer', id: 'discount', source: 'offer', gate: 'contact', reason: 'no_consent' },
    ])
  })

  test('refuses offers that cannot be judged, with all findings', async () => {
    const answer = await ask('ana', {
      channel: 'web',
      offers: [
        { ...offer, when: 'customer.traits.colour == "red"' },
        { ...offer, when: 'customer.lifecycle ==' },
        { ...offer, id: 'third', when: "count('Nobody Counts') > 1 && has('email')" },
      ],
    })
    expect(answer.status).toBe(422)
    const { findings } = (await answer.json()) as { findings: { code: string; path: string }[] }
    expect(findings.map(({ code, path }) => `${path} ${code}`)).toEqual([
      '/offers/0/when not_kept',
      '/offers/1/id doubled_offer',
      '/offers/1/when cel_syntax',
      '/offers/2/when not_kept',
    ])
    expect((await ask('ana', { offers: [offer] })).status).toBe(400)
    expect((await ask('nobody', {})).status).toBe(404)
  })

  test('commits with scope operate only, and only what was asked about', async () => {
    const reader = await api.keyWith('read')
    expect((await ask('ana', {}, { key: reader })).status).toBe(200)
    expect((await ask('ana', { commit: true }, { key: reader })).status).toBe(403)
    const body = { channel: 'web', offers: [offer], commit: { offer: 'another' } }
    expect((await ask('ana', body)).status).toBe(422)
    expect(await logged()).toEqual([])
  })

  test('stores what is committed while no actor answers, once for one idempotency key', async () => {
    const body = {
      channel: 'web',
      offers: [{ ...offer, title: 'Ten percent' }],
      commit: { offer: 'discount' },
    }
    const headers = { 'idempotency-key': 'shown-once' }
    const first = await ask('ana', body, { headers })
    expect(first.status).toBe(202)
    const { committed } = (await first.json()) as Next
    expect(committed).toMatchObject({ status: 'stored', id: 'discount', decision: null })
    // As after a crash between the log and the answer: the middleware knows of no answer.
    await db().deleteFrom('idempotency_keys').execute()
    const again = (await (await ask('ana', body, { headers })).json()) as Next
    expect(again.committed?.seq).toBe(committed?.seq)
    expect(await logged()).toEqual([
      {
        seq: committed?.seq,
        payload: { offer: { id: 'discount', class: 'service', channel: 'web' } },
      },
    ])
    // What comes of it the actor notes, once it has decided.
    const timeline = await api.request('GET /v1/customers/ana/timeline?limit=1')
    expect(await timeline.json()).not.toMatchObject({ data: [{ summary: 'offer' }] })
    const commands = await db()
      .selectFrom('commands')
      .select('after')
      .where('action', '=', 'customer.offer')
      .execute()
    expect(commands).toEqual([{ after: { offer: 'discount', channel: 'web' } }])
  })
})
