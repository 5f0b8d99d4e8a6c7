import { beforeEach, describe, expect, test } from 'vitest'
import { listAgentTasks } from '../db/agent-task-pages.ts'
import { keepAgentTask, takeOverAgentTasks, withdrawTasks } from '../db/agent-tasks.ts'
import { addCaller, propose } from '../test/support/agent-tasks.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { decideAgentTask, type AgentVerdict } from './decide-agent-task.ts'
import { expireAgentTasks } from './expire-agent-tasks.ts'
import { offerAgentTask } from './offer-agent-task.ts'
import { prioritizeAgentTasks } from './prioritize-agent-tasks.ts'
import { createPublishedRules } from './published-rules.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const at = new Date(NOW_MS)

describeOnEachDatabase('proposals to the call centre', (db) => {
  let nowMs: number
  let pending: string[]
  let count = 0
  let ada: string

  beforeEach(async () => {
    nowMs = NOW_MS
    pending = []
    await db().deleteFrom('agent_tasks').execute()
    await db().deleteFrom('commands').execute()
    await putInForce(db(), { events: { 'Agent Task Accepted': {} } })
    ada = `ada${++count}`
    await addCaller(db(), ada, { at, traits: { loyalty_tier: 'gold' } })
  })

  const deps = () => ({
    db: db(),
    rules: createPublishedRules(),
    now: () => nowMs,
    onPending: (ids: string[]) => void pending.push(...ids),
  })
  const task = (name: string, changes: object = {}) =>
    propose(db(), { taskId: `${ada}.${name}`, customerId: ada, at, ...changes })
  const decide = (name: string, verdict: AgentVerdict, agent = 'eve', more: object = {}) =>
    decideAgentTask(deps(), { taskId: `${ada}.${name}`, verdict, agent, keyId: null, ...more })
  const next = async (agent = 'eve', customerId = ada) =>
    (await offerAgentTask(deps(), { customerId, agent, keyId: null }))?.row.taskId.split('.')[1]
  const tasks = () => listAgentTasks(db(), { customerId: ada, limit: 50 })
  const statuses = async () =>
    Object.fromEntries((await tasks()).map(({ taskId, status }) => [taskId.split('.')[1], status]))
  const events = () =>
    db()
      .selectFrom('events')
      .select(['name', 'status', 'properties'])
      .where('customer_id', '=', ada)
      .where('type', '=', 'track')
      .orderBy('seq')
      .execute()

  test('one that went with its run is nobody’s from then on, and says why as an event', async () => {
    await task('a', { content: { withdrawWithRun: true } })
    await task('b')
    await db()
      .insertInto('runs')
      .values({
        run_id: `${ada}.1`,
        customer_id: ada,
        journey: 'hero-call',
        version: 2,
        status: 'ended',
        step: 'ask',
        since: at,
        entered_at: at,
        wake_at: null,
        locked: false,
        ended_at: at,
        end_reason: 'goal',
        goal_value_minor: null,
        turn: 1,
      })
      .execute()
    await db()
      .transaction()
      .execute((trx) => withdrawTasks(trx, { customerId: ada, runIds: [`${ada}.1`] }))
    expect(await next()).toBe('b')
    await expect(decide('a', 'accepted')).rejects.toMatchObject({ code: 'conflict' })
    await expireAgentTasks(deps())
    await expireAgentTasks(deps())
    expect(await statuses()).toEqual({ a: 'withdrawn', b: 'open' })
    await expect(decide('a', 'accepted')).rejects.toMatchObject({ code: 'conflict' })
    expect(await events()).toMatchObject([
      { name: 'Agent Task Withdrawn', properties: { task_id: `${ada}.a`, reason: 'goal' } },
    ])
  })

  describe('a send', () => {
    test('is one open task, however often it is repeated, with what the delivery is of', async () => {
      expect(await task('a', { content: { priority: 70, expiresIn: 'PT4H' } })).toBe(true)
      expect(await task('a', { content: { title: 'Another' } })).toBe(true)
      expect(await tasks()).toMatchObject([
        {
          customerId: ada,
          journey: 'hero-call',
          version: 2,
          title: 'The tent',
          reason: 'A hero',
          priority: 70,
          status: 'open',
          createdAt: at,
          expiresAt: new Date(NOW_MS + 4 * HOUR_MS),
        },
      ])
    })

    test('without a word of it, is worth 50 for two days', async () => {
      await task('a')
      expect(await tasks()).toMatchObject([
        { priority: 50, expiresAt: new Date(NOW_MS + 48 * HOUR_MS) },
      ])
    })

    test('to somebody who is being erased is refused', async () => {
      await db().updateTable('customers').set({ erasing_at: at }).execute()
      expect(await task('a')).toBe(false)
      await db().updateTable('customers').set({ erasing_at: null }).execute()
      const content = { title: 'a', text: 'b', reason: 'c' }
      expect(await keepAgentTask(db(), { deliveryId: 'nobody.1', content })).toBe(false)
    })

    test('to somebody who was merged meanwhile is a task of the survivor', async () => {
      await addCaller(db(), `${ada}-2`, { at })
      await task('before')
      await takeOver(`${ada}-2`)
      await task('after')
      const owners = await listAgentTasks(db(), { customerId: `${ada}-2`, limit: 50 })
      expect(owners.map(({ taskId }) => taskId.split('.')[1])).toEqual(['before', 'after'])
    })
  })

  const takeOver = (winner: string) =>
    db()
      .transaction()
      .execute(async (trx) => {
        await takeOverAgentTasks(trx, { loser: ada, winner })
        await trx
          .updateTable('customers')
          .set({ merged_into: winner })
          .where('customer_id', '=', ada)
          .execute()
      })

  describe('the next one for somebody on the line', () => {
    test('is the one of highest priority, then what ends first', async () => {
      await task('low', { content: { priority: 10, expiresIn: 'PT1H' } })
      await task('late', { content: { expiresIn: 'P3D' } })
      await task('soon', { content: { expiresIn: 'P1D' } })
      expect(await next()).toBe('soon')
    })

    test('is kept for the agent who has it, and for nobody else, for ten minutes', async () => {
      await task('best', { content: { priority: 90 } })
      await task('other')
      expect(await next('eve')).toBe('best')
      expect(await next('eve')).toBe('best')
      expect(await next('bob')).toBe('other')
      expect(await next('joe')).toBeUndefined()
      await expect(decide('best', 'accepted', 'bob')).rejects.toMatchObject({ code: 'conflict' })
      nowMs += 11 * MINUTE_MS
      expect(await next('bob')).toBe('best')
    })

    test('asked by many agents at once goes to each of them once', async () => {
      for (const name of ['a', 'b', 'c']) await task(name)
      const given = await Promise.all(['w', 'x', 'y', 'z'].map((agent) => next(agent)))
      expect(new Set(given)).toEqual(new Set(['a', 'b', 'c', undefined]))
    })

    test('is nothing once its time is over, even before that was noticed', async () => {
      await task('a', { content: { expiresIn: 'PT1H' } })
      nowMs += HOUR_MS
      expect(await next()).toBeUndefined()
      expect(await prioritizeAgentTasks(db(), { nowMs })).toEqual([])
      await expect(decide('a', 'accepted')).rejects.toMatchObject({ code: 'conflict' })
    })

    test('is none that may not be voiced any more', async () => {
      await task('offer', { class: 'marketing', content: { priority: 90 } })
      await task('help')
      const consent = {
        customer_id: ada,
        purpose: 'marketing',
        channel: 'agent_task',
        granted: true,
        at,
        source: 'test',
        proof: null,
      }
      expect(await next()).toBe('help')
      await db().insertInto('consents').values(consent).execute()
      expect(await next()).toBe('offer')
      const stop = { since: at, stopped_by: null, except_classes: [], reason: 'recall' }
      await db()
        .insertInto('stops')
        .values({ ...stop, stop_id: ada, scope: 'channel', name: 'agent_task' })
        .execute()
      expect(await next()).toBeUndefined()
      await db().deleteFrom('stops').execute()
    })
  })

  describe('what an agent decides', () => {
    test('is stored, and an event that the actor hears, once', async () => {
      await task('a')
      const words = { reason: 'has_one', note: 'Her sister, Grace, bought it.' }
      await decide('a', 'accepted', 'eve', words)
      await decide('a', 'accepted', 'eve', words)
      expect(await tasks()).toMatchObject([
        { status: 'accepted', decidedBy: 'eve', decidedAt: at, decisionReason: 'has_one' },
      ])
      const about = { journey: 'hero-call', version: 2, step: 'ask', message: 'proposal' }
      expect(await events()).toEqual([
        {
          name: 'Agent Task Accepted',
          status: 'pending',
          properties: { task_id: `${ada}.a`, ...about, reason: 'has_one' },
        },
      ])
      expect(pending).toEqual([ada])
      expect(await db().selectFrom('commands').select(['action', 'target']).execute()).toEqual([
        { action: 'agent-task.decide', target: `customer/${ada}` },
      ])
    })

    test.each<[AgentVerdict, AgentVerdict]>([
      ['accepted', 'done'],
      ['accepted', 'declined'],
    ])('%s, then %s are two events', async (first, second) => {
      await task('a')
      await decide('a', first, 'eve', { note: 'Will call back.' })
      await decide('a', second, 'bob')
      expect(await tasks()).toMatchObject([
        { status: second, decidedBy: 'bob', note: 'Will call back.' },
      ])
      expect(await events()).toHaveLength(2)
    })

    test.each<[AgentVerdict, AgentVerdict, string]>([
      ['declined', 'accepted', 'eve'],
      ['done', 'declined', 'eve'],
      ['accepted', 'accepted', 'bob'],
    ])('%s, then %s by %s is refused', async (first, second, agent) => {
      await task('a')
      await decide('a', first)
      await expect(decide('a', second, agent)).rejects.toMatchObject({ code: 'conflict' })
      expect(await statuses()).toEqual({ a: first })
      expect(await events()).toHaveLength(1)
    })

    test('by two agents at once is decided by one of them', async () => {
      await task('a')
      const said = await Promise.allSettled([
        decide('a', 'accepted', 'eve'),
        decide('a', 'declined', 'bob'),
        decide('a', 'accepted', 'joe'),
      ])
      const kept = said.filter(({ status }) => status === 'fulfilled')
      expect(kept.length).toBe((await events()).length)
      expect(kept.length).toBeGreaterThan(0)
    })

    test('of no task is not found', async () => {
      await expect(decide('none', 'done')).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  describe('time', () => {
    test('ends what nobody decided, once, and leaves the rest', async () => {
      await task('taken', { content: { expiresIn: 'PT1H' } })
      await task('over', { content: { expiresIn: 'PT1H' } })
      await task('open')
      await decide('taken', 'accepted')
      nowMs += HOUR_MS
      await Promise.all([expireAgentTasks(deps()), expireAgentTasks(deps())])
      await expireAgentTasks(deps())
      expect(await statuses()).toEqual({ taken: 'accepted', over: 'expired', open: 'open' })
      expect((await events()).map(({ name }) => name)).toEqual([
        'Agent Task Accepted',
        'Agent Task Expired',
      ])
    })

    test('is the one of the customer’s clock', async () => {
      await db()
        .updateTable('customers')
        .set({ test: true, clock_offset_ms: HOUR_MS })
        .where('customer_id', '=', ada)
        .execute()
      await task('a', { content: { expiresIn: 'PT1H' } })
      await expireAgentTasks(deps())
      expect(await statuses()).toEqual({ a: 'expired' })
    })

    test('of somebody who is being erased is nobody’s business', async () => {
      await task('a', { content: { expiresIn: 'PT1H' } })
      await db().updateTable('customers').set({ erasing_at: at }).execute()
      nowMs += HOUR_MS
      await expireAgentTasks(deps())
      expect(await events()).toEqual([])
      await db().updateTable('customers').set({ erasing_at: null }).execute()
    })
  })

  test('the list is in order of priority, with loyalty, without test customers', async () => {
    await addCaller(db(), `${ada}-plain`, { at })
    await addCaller(db(), `${ada}-test`, { at, test: true })
    await task('gold')
    await propose(db(), { taskId: `${ada}.plain`, customerId: `${ada}-plain`, at })
    await propose(db(), { taskId: `${ada}.test`, customerId: `${ada}-test`, at })
    const listed = await prioritizeAgentTasks(db(), { nowMs })
    expect(listed.map(({ row, priority }) => [row.customerId, priority.points])).toEqual([
      [ada, 60],
      [`${ada}-plain`, 50],
    ])
  })
})
