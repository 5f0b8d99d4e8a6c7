import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { addCaller, propose } from '../test/support/agent-tasks.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW_MS = Date.parse('2026-03-02T12:00:00Z')
const at = new Date(NOW_MS)
const PHONE = '+34911234567'

describeOnEachDatabase('proposals to the call centre over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS })
    for (const id of ['ada', 'bob']) await addCaller(db(), id, { at })
    await db()
      .insertInto('identities')
      .values([
        { kind: 'phone', value: PHONE, customer_id: 'ada', created_at: at },
        { kind: 'user', value: 'u-bob', customer_id: 'bob', created_at: at },
      ])
      .execute()
  })
  beforeEach(async () => {
    await db().deleteFrom('agent_tasks').execute()
  })

  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    const text = await answer.text()
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as JsonObject }
  }
  const add = (taskId: string, priority: number, customerId = 'ada', minutes = 0) =>
    propose(db(), {
      taskId,
      customerId,
      at: new Date(NOW_MS - minutes * 60_000),
      content: { priority },
    })
  const pages = async (query: string): Promise<unknown[][]> => {
    const found: unknown[][] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const more = cursor === '' ? '' : `&cursor=${cursor}`
      const { body } = await ask(`GET ${query}${more}`)
      found.push((body['data'] as JsonObject[]).map(({ id }) => id))
      cursor = body['nextCursor'] as string | null
    }
    return found
  }

  describe('lists', () => {
    beforeEach(async () => {
      await add('t1', 10)
      await add('t2', 70, 'bob', 2)
      await add('t3', 70, 'ada', 1)
      await add('t4', 20, 'ada', 3)
    })

    test('go by priority, then by what ends first, page by page', async () => {
      expect(await pages('/v1/agent-tasks?sort=priority&limit=3')).toEqual([
        ['t2', 't3', 't4'],
        ['t1'],
      ])
    })

    test('go by time without a word, page by page', async () => {
      expect(await pages('/v1/agent-tasks?limit=2')).toEqual([
        ['t1', 't3'],
        ['t2', 't4'],
      ])
    })

    test('are of one status, or one customer by any name', async () => {
      await ask('POST /v1/agent-tasks/t4/done', { agent: 'eve' })
      expect(await pages('/v1/agent-tasks?status=done')).toEqual([['t4']])
      expect(await pages('/v1/agent-tasks?sort=priority&status=done')).toEqual([[]])
      expect(await pages('/v1/agent-tasks?sort=priority&customer=u-bob')).toEqual([['t2']])
      const number = encodeURIComponent(`phone:${PHONE}`)
      expect(await pages(`/v1/customers/${number}/agent-tasks?limit=50`)).toEqual([
        ['t1', 't3', 't4'],
      ])
      expect((await ask('GET /v1/agent-tasks?customer=nobody')).status).toBe(404)
    })
  })

  test('a task shows what it is about, and why it comes when it does', async () => {
    await add('t1', 70)
    const { body } = await ask('GET /v1/agent-tasks?sort=priority')
    expect(body['data']).toEqual([
      {
        id: 't1',
        customerId: 'ada',
        journey: 'hero-call',
        version: 2,
        message: 'proposal',
        title: 'The tent',
        text: 'Propose it.',
        reason: 'A hero',
        status: 'open',
        createdAt: '2026-03-02T12:00:00.000Z',
        expiresAt: '2026-03-04T12:00:00.000Z',
        offered: null,
        decided: null,
        priority: {
          points: 70,
          parts: [
            { name: 'message', points: 70, because: 'as its message says' },
            { name: 'loyalty', points: 0, because: 'no loyalty_tier' },
          ],
        },
      },
    ])
  })

  test('whoever calls is known by the number, and gets one agent', async () => {
    await add('t1', 70)
    const call = (agent: string, customer = `phone:${PHONE}`) =>
      ask('POST /v1/agent-tasks/next', { customer, agent })
    expect(await call('eve')).toMatchObject({
      status: 200,
      body: { id: 't1', offered: { agent: 'eve', until: '2026-03-02T12:10:00.000Z' } },
    })
    expect((await call('joe')).status).toBe(204)
    expect((await call('eve', 'bob')).status).toBe(204)
    expect((await call('eve', 'phone:+34600000000')).status).toBe(404)
  })

  test('what an agent says is answered, repeated, or in conflict', async () => {
    await add('t1', 70)
    const said = { agent: 'eve', reason: 'not_now', note: 'Is at work.' }
    const decline = () => ask('POST /v1/agent-tasks/t1/decline', said)
    const answer = await decline()
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'declined',
        decided: {
          at: '2026-03-02T12:00:00.000Z',
          agent: 'eve',
          reason: 'not_now',
          note: 'Is at work.',
        },
      },
    })
    expect(await decline()).toEqual(answer)
    expect((await ask('POST /v1/agent-tasks/t1/accept', { agent: 'eve' })).status).toBe(409)
    expect((await ask('POST /v1/agent-tasks/t2/accept', { agent: 'eve' })).status).toBe(404)
    const words = { agent: 'eve', reason: 'Ada is at work' }
    expect((await ask('POST /v1/agent-tasks/t1/decline', words)).status).toBe(400)
  })
})
