import { beforeEach, expect, test } from 'vitest'
import { openRun, listRuns } from '../db/retention-runs.ts'
import { insertRuleVersion } from '../db/rule-documents.ts'
import { countDue } from '../db/retained-rows.ts'
import { planRetention } from '../domain/retention/retention-plan.ts'
import type { RetentionRules } from '../domain/retention/retention-rules.ts'
import { NOTHING_DELETED } from '../domain/retention/retention-run.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { propose } from '../test/support/agent-tasks.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createBeginRetention, createRetainSome } from './retention-rounds.ts'

const NOW_MS = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000
const daysAgo = (days: number): Date => new Date(NOW_MS - days * DAY_MS)
const TABLES = [
  'retention_runs',
  'events',
  'outbox',
  'timeline_entries',
  'agent_tasks',
  'onsite_messages',
  'deliveries',
  'customers',
  'rule_documents',
] as const

describeOnEachDatabase('deletion by age', (db) => {
  let version: number
  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
    for (const table of TABLES) await db().deleteFrom(table).execute()
    version = 0
    for (const [customerId, snapshotBatch] of [
      ['ann', 5],
      ['bob', null],
    ] as const)
      await db()
        .insertInto('customers')
        .values({
          customer_id: customerId,
          created_at: daysAgo(900),
          deliver_to: null,
          lease_owner: null,
          lifecycle_state: null,
          lifecycle_previous: null,
          lifecycle_reason: null,
          snapshot_turn: null,
          snapshot_batch: snapshotBatch,
          contact_group: null,
          merged_into: null,
        })
        .execute()
  })

  const publish = (document: RetentionRules) =>
    db()
      .transaction()
      .execute((trx) =>
        insertRuleVersion(trx, {
          kind: 'retention',
          document,
          version: ++version,
          hash: `${version}`,
          note: null,
          publishedAt: daysAgo(0),
          publishedBy: null,
        }),
      )
  /** An event that came in when it occurred. */
  const add = (
    name: string | null,
    days: number,
    more: Partial<{
      customerId: string
      recordedDaysAgo: number
      type: 'track' | 'identify'
      status: 'filtered' | 'pending' | 'batched'
      batch: number
    }> = {},
  ) =>
    db()
      .insertInto('events')
      .values({
        message_id: `${name}-${days}-${JSON.stringify(more)}`,
        customer_id: more.customerId ?? 'ann',
        type: more.type ?? 'track',
        name,
        occurred_at: daysAgo(days),
        received_at: daysAgo(more.recordedDaysAgo ?? days),
        recorded_at: daysAgo(more.recordedDaysAgo ?? days),
        status: more.status ?? 'filtered',
        batch: more.batch ?? null,
      })
      .execute()
  const left = async (): Promise<string[]> =>
    (await db().selectFrom('events').select('message_id').orderBy('seq').execute()).map(
      ({ message_id: id }) => id.split('-{')[0] ?? '',
    )
  const deps = { now: () => NOW_MS, pageRows: 2, roundMs: 0 }
  const round = (runId: string) => createRetainSome({ db: db(), ...deps })({ runId })
  const begin = (runId = 'run') => createBeginRetention({ db: db(), ...deps })({ runId })
  /** A whole run, page by page. */
  const walk = async () => {
    await begin()
    for (;;) {
      const answer = await round('run')
      if (answer.isOver) return answer
    }
  }

  test('the first rule that names an event counts, and what no rule names stays', async () => {
    await publish({
      rules: [
        { events: ['Viewed'], keepFor: 'P90D' },
        { events: ['Viewed', 'Clicked'], keepFor: 'P10D' },
      ],
    })
    for (const name of ['Viewed', 'Clicked', 'Signed Up'])
      for (const days of [8, 50, 100]) await add(name, days)
    expect(await walk()).toEqual({
      isOver: true,
      looked: 9,
      deleted: { ...NOTHING_DELETED, events: { 0: 1, 1: 2 } },
    })
    expect(await left()).toEqual([
      'Viewed-8',
      'Viewed-50',
      'Clicked-8',
      'Signed Up-8',
      'Signed Up-50',
      'Signed Up-100',
    ])
  })

  test('`*` is for all events that no rule names, and for nothing else that is in the log', async () => {
    await publish({
      rules: [
        { events: ['Kept'], keepFor: 'P2Y' },
        { events: '*', keepFor: 'P10D' },
      ],
    })
    await add('Kept', 500)
    await add('Viewed', 11)
    await add('Viewed', 9)
    await add(null, 500, { type: 'identify' })
    await walk()
    expect(await left()).toEqual(['Kept-500', 'Viewed-9', 'null-500'])
  })

  test('what an actor has not heard, or not stored yet, stays', async () => {
    await publish({ rules: [{ events: '*', keepFor: 'P10D' }] })
    await add('Waits', 50, { status: 'pending' })
    await add('Held', 50, { status: 'batched', batch: 5 })
    await add('Newer', 50, { status: 'batched', batch: 6 })
    await add('Unstored', 50, { status: 'batched', batch: 1, customerId: 'bob' })
    await walk()
    expect(await left()).toEqual(['Waits-50', 'Newer-50', 'Unstored-50'])
    await db()
      .updateTable('customers')
      .set({ merged_into: 'ann' })
      .where('customer_id', '=', 'bob')
      .execute()
    await db().deleteFrom('retention_runs').execute()
    await walk()
    expect(await left()).toEqual(['Waits-50', 'Newer-50'])
  })

  test('what came in within a week stays, so that a repeat is still told', async () => {
    await publish({ rules: [{ events: '*', keepFor: 'P1D' }] })
    await add('Imported', 500, { recordedDaysAgo: 6 })
    await add('Long there', 500, { recordedDaysAgo: 8 })
    await walk()
    expect(await left()).toEqual(['Imported-500'])
  })

  test('what rules in force count is held back, and the run says so', async () => {
    await publish({ rules: [{ events: '*', keepFor: 'P10D' }] })
    await add('Order Completed', 50)
    await add('Viewed', 50)
    await walk()
    expect(await left()).toEqual(['Order Completed-50'])
    const [run] = await listRuns(db(), { limit: 1 })
    expect(run).toMatchObject({ status: 'done', version: 1 })
    expect(run?.heldBack).toContain('Order Completed')
    expect(run?.heldBack).not.toContain('Viewed')
  })

  test('mails and timelines go by their own terms', async () => {
    await publish({ mails: { keepFor: 'P30D' }, timeline: { keepFor: 'P60D' } })
    for (const days of [70, 40, 20])
      await db()
        .insertInto('outbox')
        .values({
          delivery_id: null,
          message_id: null,
          mail_from: 'shop@example.com',
          rcpt_to: ['ann@example.com'],
          subject: `${days}`,
          raw: '',
          received_at: daysAgo(days),
        })
        .execute()
    for (const [turn, days] of [70, 61, 59, 5].entries())
      await db()
        .insertInto('timeline_entries')
        .values({
          customer_id: turn % 2 === 0 ? 'ann' : 'bob',
          turn,
          ordinal: 0,
          at: daysAgo(days),
          kind: 'event',
          summary: `${days}`,
          data: '{}',
        })
        .execute()
    expect((await walk()).deleted).toEqual({ ...NOTHING_DELETED, mails: 2, timeline: 2 })
    const mails = await db().selectFrom('outbox').select('subject').execute()
    expect(mails.map(({ subject }) => subject)).toEqual(['20'])
    const entries = await db().selectFrom('timeline_entries').select('summary').execute()
    expect(entries.map(({ summary }) => summary).toSorted()).toEqual(['5', '59'])
  })

  test('proposals and messages of pages go by their own terms, once they have ended', async () => {
    const document: RetentionRules = {
      agentTasks: { keepFor: 'P30D' },
      onsite: { keepFor: 'P1D' },
    }
    await publish(document)
    for (const [taskId, days] of [
      ['old', 40],
      ['older', 50],
      ['new', 20],
      ['open', 60],
    ] as const) {
      await propose(db(), { taskId, customerId: 'ann', at: daysAgo(days) })
      if (taskId === 'open') continue
      await db()
        .updateTable('agent_tasks')
        .set({ status: 'done', decided_at: daysAgo(days) })
        .where('task_id', '=', taskId)
        .execute()
    }
    for (const [name, days, ended] of [
      ['clicked', 9, { clicked_at: daysAgo(8) }],
      ['away', 30, { dismissed_at: daysAgo(30) }],
      ['over', 9, { expired_at: daysAgo(8) }],
      ['just over', 9, { expired_at: daysAgo(6) }],
      ['seen', 30, { viewed_at: daysAgo(30) }],
    ] as const)
      await db()
        .insertInto('onsite_messages')
        .values({
          message_id: name,
          delivery_id: name,
          customer_id: 'ann',
          content: '{}',
          created_at: daysAgo(days),
          expires_at: daysAgo(-1),
          ...ended,
        })
        .execute()
    const plan = planRetention(document, new Set())
    const counted = await countDue(db(), { plan, nowMs: NOW_MS })
    expect(counted).toEqual({ ...NOTHING_DELETED, agentTasks: 2, onsite: 3 })
    expect((await walk()).deleted).toEqual(counted)
    const tasks = await db().selectFrom('agent_tasks').select('task_id as id').execute()
    expect(tasks.map(({ id }) => id).toSorted()).toEqual(['new', 'open'])
    const messages = await db().selectFrom('onsite_messages').select('message_id as id').execute()
    expect(messages.map(({ id }) => id).toSorted()).toEqual(['just over', 'seen'])
  })

  test('a preview counts what a run deletes', async () => {
    const document: RetentionRules = {
      rules: [
        { events: ['Viewed'], keepFor: 'P10D' },
        { events: '*', keepFor: 'P20D' },
      ],
      mails: { keepFor: 'P1D' },
    }
    await publish(document)
    for (const days of [8, 15, 30]) for (const name of ['Viewed', 'Clicked']) await add(name, days)
    const plan = planRetention(document, new Set())
    const counted = await countDue(db(), { plan, nowMs: NOW_MS })
    expect(counted).toEqual({ ...NOTHING_DELETED, events: { 0: 2, 1: 1 } })
    expect((await walk()).deleted).toEqual(counted)
    expect((await countDue(db(), { plan, nowMs: NOW_MS })).events).toEqual({})
  })

  test('one run is open at a time; a later one takes it up where it stands', async () => {
    await publish({ rules: [{ events: '*', keepFor: 'P10D' }] })
    for (const days of [20, 30, 40, 50]) await add('Viewed', days)
    await openRun(db(), { runId: 'asked', askedAt: daysAgo(0), askedBy: 'key' })
    expect(await begin('first')).toEqual({ runId: 'asked' })
    expect(await round('asked')).toMatchObject({ isOver: false, looked: 2 })
    expect(await begin('second')).toEqual({ runId: 'asked' })
    while (!(await round('asked')).isOver);
    expect(await listRuns(db(), { limit: 10 })).toMatchObject([
      { runId: 'asked', askedBy: 'key', status: 'done', looked: 4, deleted: { events: { 0: 4 } } },
    ])
    // What is over stays so, however often it is asked.
    await add('Viewed', 60)
    expect(await round('asked')).toMatchObject({ isOver: true, looked: 4 })
    expect(await left()).toHaveLength(1)
  })

  test('other rules end a run, and without any there is none', async () => {
    expect(await begin()).toBeNull()
    await publish({ rules: [{ events: '*', keepFor: 'P10D' }] })
    for (const days of [20, 30, 40, 50]) await add('Viewed', days)
    await begin()
    await round('run')
    await publish({})
    expect(await round('run')).toMatchObject({ isOver: true, looked: 2 })
    expect(await left()).toHaveLength(2)
    expect(await listRuns(db(), { limit: 1 })).toMatchObject([{ status: 'superseded' }])
  })
})
