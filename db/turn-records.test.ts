import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { EmittedEvent, RunRecord, TurnRecord } from '../domain/actor/effects.ts'
import { propose } from '../test/support/agent-tasks.ts'
import { insertLive } from '../test/support/live-journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { haveArrived } from './emitted-events.ts'
import { writeTurnRecord } from './turn-records.ts'

const T0 = Date.parse('2026-03-02T09:00:00Z')

const run: RunRecord = {
  runId: 'c1.1',
  journey: 'welcome',
  version: 1,
  status: 'waiting',
  step: 'rest',
  sinceMs: T0,
  enteredAtMs: T0,
  wakeAtMs: T0 + 1_000,
  locked: false,
  endedAtMs: null,
  endReason: null,
  goalValueMinor: null,
}

function record(turn: number, changes: Partial<TurnRecord> = {}): TurnRecord {
  return {
    customerId: 'c1',
    turn,
    entries: [{ atMs: T0 + turn, kind: 'step', summary: `turn ${turn}`, data: { turn } }],
    runs: [{ ...run, step: `step-${turn}` }],
    deliveries: [],
    traits: {},
    page: {
      atMs: T0 + turn,
      lifecycle: { state: 'new', sinceMs: T0, previous: null, reason: `turn ${turn}` },
      deferred: [{ journey: 'birthday', untilMs: T0, reason: 'locked' }],
      nextWakeAtMs: T0 + 1_000,
    },
    failures: [],
    ...changes,
  }
}

const snapshot = (turn: number): CustomerState =>
  ({ v: 3, customerId: 'c1', turn, lastBatch: turn }) as CustomerState

describeOnEachDatabase('writeTurnRecord', (db) => {
  beforeEach(async () => {
    for (const table of ['timeline_entries', 'runs', 'deliveries'] as const) {
      await db().deleteFrom(table).execute()
    }
    for (const table of ['condition_failures', 'batches', 'events', 'customers'] as const) {
      await db().deleteFrom(table).execute()
    }
    const traits = JSON.stringify({ city: 'Oslo', plan: 'free' })
    await db()
      .insertInto('customers')
      .values({ customer_id: 'c1', created_at: new Date(T0), traits })
      .execute()
  })
  const customer = () => db().selectFrom('customers').selectAll().executeTakeFirstOrThrow()
  const everything = async () => ({
    customer: await customer(),
    entries: await db().selectFrom('timeline_entries').selectAll().execute(),
    runs: await db().selectFrom('runs').selectAll().execute(),
    deliveries: await db().selectFrom('deliveries').selectAll().execute(),
    failures: await db().selectFrom('condition_failures').selectAll().execute(),
  })
  const failure = { journey: 'welcome', version: 1, path: '/exit/0/when', message: 'no such key' }
  const dropped = {
    deliveryId: 'c1.1.1.email',
    atMs: T0,
    runId: 'c1.1',
    journey: 'welcome',
    version: 1,
    step: 'hello',
    message: 'hello',
    channel: 'email',
    status: 'dropped',
    reason: 'no_consent',
  } as const

  describe('proposals of a run that ends', () => {
    const definition = journey('welcome', {
      start: 'rest',
      steps: {
        rest: { type: 'wait', for: 'PT1H', next: 'done' },
        done: { type: 'exit' },
      },
    })
    const ended = (step: string): RunRecord => ({
      ...run,
      status: 'ended',
      step,
      endedAtMs: T0 + 1_000,
      endReason: 'goal',
    })
    beforeEach(async () => {
      for (const table of ['agent_tasks', 'journey_versions', 'journeys'] as const)
        await db().deleteFrom(table).execute()
      await insertLive(db(), definition, T0)
    })
    const proposed = (name: string, content: { withdrawWithRun?: boolean }, runId = 'c1.1') =>
      propose(db(), { taskId: `c1.${name}`, customerId: 'c1', runId, at: new Date(T0), content })
    const tasks = async () =>
      Object.fromEntries(
        (
          await db()
            .selectFrom('agent_tasks')
            .select(['task_id', 'withdrawn_for', 'expires_at'])
            .execute()
        ).map(({ task_id: id, withdrawn_for: why, expires_at: until }) => [
          id.slice(3),
          [why, until.getTime() <= T0 + 1_000],
        ]),
      )

    test('go with it where they say so, and those of no other run', async () => {
      await proposed('goes', { withdrawWithRun: true })
      await proposed('stays', {})
      await proposed('other', { withdrawWithRun: true }, 'c1.2')
      await writeTurnRecord(db(), record(1, { runs: [ended('rest')] }), null)
      const open = [null, false]
      expect(await tasks()).toEqual({ goes: ['goal', true], stays: open, other: open })
    })

    test('stay where it came to its exit step, and while it goes on', async () => {
      await proposed('a', { withdrawWithRun: true })
      await writeTurnRecord(db(), record(1), null)
      await writeTurnRecord(db(), record(2, { runs: [ended('done')] }), null)
      expect(await tasks()).toEqual({ a: [null, false] })
    })

    test('stay with the agent who has accepted them', async () => {
      await proposed('a', { withdrawWithRun: true })
      await db().updateTable('agent_tasks').set({ status: 'accepted' }).execute()
      await writeTurnRecord(db(), record(1, { runs: [ended('rest')] }), null)
      expect(await tasks()).toEqual({ a: [null, false] })
    })

    test('go too where they were on their way when it ended', async () => {
      await writeTurnRecord(db(), record(1, { runs: [ended('rest')] }), null)
      await proposed('late', { withdrawWithRun: true })
      expect(await tasks()).toEqual({ late: ['goal', true] })
    })

    test('go once: the same turn again finds nothing to do', async () => {
      await proposed('a', { withdrawWithRun: true })
      const turn = record(1, { runs: [ended('rest')] })
      await Promise.all([writeTurnRecord(db(), turn, null), writeTurnRecord(db(), turn, null)])
      expect(await tasks()).toEqual({ a: ['goal', true] })
    })
  })

  test('writes page, entries, run, traits, snapshot', async () => {
    await writeTurnRecord(db(), record(1, { traits: { plan: 'pro' } }), snapshot(1))
    expect(await customer()).toMatchObject({
      page_turn: 1,
      lifecycle_state: 'new',
      lifecycle_reason: 'turn 1',
      deferred: [{ journey: 'birthday', until: '2026-03-02T09:00:00.000Z', reason: 'locked' }],
      next_wake_at: new Date(T0 + 1_000),
      traits: { city: 'Oslo', plan: 'pro' },
      snapshot: { turn: 1 },
      snapshot_turn: 1,
      snapshot_batch: 1,
    })
    expect(await everything()).toMatchObject({
      entries: [{ turn: 1, ordinal: 0, summary: 'turn 1', data: { turn: 1 } }],
      runs: [{ run_id: 'c1.1', step: 'step-1', turn: 1 }],
    })
  })

  test.each([
    ['with entries', {}],
    ['without entries', { entries: [] }],
  ])('the same turn twice, %s, writes the same rows and counts once', async (_, changes) => {
    const turn = record(1, { ...changes, failures: [failure, failure], deliveries: [dropped] })
    await writeTurnRecord(db(), turn, snapshot(1))
    const before = await everything()
    await writeTurnRecord(db(), turn, snapshot(1))
    expect({ ...(await everything()), deliveries: [] }).toEqual({ ...before, deliveries: [] })
    expect(before.failures).toMatchObject([{ count: 2, path: '/exit/0/when' }])
    expect(before.deliveries).toMatchObject([{ status: 'dropped', reason: 'no_consent' }])
  })

  test('a retry does not undo what a customer changed meanwhile', async () => {
    const turn = record(1, { traits: { plan: 'pro' } })
    await writeTurnRecord(db(), turn, null)
    const traits = JSON.stringify({ plan: 'gold' })
    await db().updateTable('customers').set({ traits }).execute()
    await writeTurnRecord(db(), turn, null)
    expect((await customer()).traits).toEqual({ plan: 'gold' })
  })

  test('what a journey sets says so, and leaves what is newer by then', async () => {
    const turn = record(1, { traits: { plan: 'pro', city: null }, traitsBy: { plan: 'welcome' } })
    const known = { city: { atMs: T0 + 2, source: 'crm' } }
    await db()
      .updateTable('customers')
      .set({ trait_origins: JSON.stringify(known) })
      .execute()
    await writeTurnRecord(db(), turn, null)
    expect(await customer()).toMatchObject({
      traits: { city: 'Oslo', plan: 'pro' },
      trait_origins: { ...known, plan: { atMs: T0 + 1, source: 'journey:welcome' } },
    })
  })

  test('of a customer who was merged it reaches the survivor, by the same rule', async () => {
    const known = { plan: { atMs: T0 + 5, source: 'shop' } }
    await db()
      .insertInto('customers')
      .values({
        customer_id: 'c2',
        created_at: new Date(T0),
        traits: JSON.stringify({ plan: 'gold' }),
        trait_origins: JSON.stringify(known),
      })
      .execute()
    const isC1 = db().updateTable('customers').where('customer_id', '=', 'c1')
    await isC1.set({ merged_into: 'c2' }).execute()
    const traits = { plan: 'pro', city: 'Bergen' }
    const traitsBy = { plan: 'welcome', city: 'welcome' }
    await writeTurnRecord(db(), record(1, { traits, traitsBy }), null)
    const survivor = await db()
      .selectFrom('customers')
      .selectAll()
      .where('customer_id', '=', 'c2')
      .executeTakeFirstOrThrow()
    expect(survivor).toMatchObject({
      traits: { plan: 'gold', city: 'Bergen' },
      trait_origins: { ...known, city: { atMs: T0 + 1, source: 'journey:welcome' } },
    })
  })

  test('an older turn that comes late adds its entries and overwrites nothing newer', async () => {
    await writeTurnRecord(db(), record(2), snapshot(2))
    await writeTurnRecord(db(), record(1), snapshot(1))
    expect(await everything()).toMatchObject({
      customer: { page_turn: 2, lifecycle_reason: 'turn 2', snapshot_turn: 2 },
      runs: [{ step: 'step-2', turn: 2 }],
    })
    expect((await everything()).entries).toHaveLength(2)
  })

  test('without a snapshot the stored one is kept', async () => {
    await writeTurnRecord(db(), record(1), snapshot(1))
    await writeTurnRecord(db(), record(2), null)
    expect(await customer()).toMatchObject({ page_turn: 2, snapshot_turn: 1 })
  })

  test('a verdict of the actor replaces a try that was to be repeated, never an outcome', async () => {
    await writeTurnRecord(db(), record(1, { deliveries: [dropped] }), null)
    for (const [status, expected] of [
      ['queued', 'dropped'],
      ['held', 'dropped'],
      ['parked', 'dropped'],
      ['sending', 'sending'],
      ['skipped', 'skipped'],
      ['sent', 'sent'],
    ] as const) {
      await db().updateTable('deliveries').set({ status }).execute()
      await writeTurnRecord(db(), record(2, { deliveries: [dropped] }), null)
      expect((await everything()).deliveries).toMatchObject([{ status: expected }])
    }
  })

  test('the customer’s group is that of the newest turn, also when there is none any more', async () => {
    const grouped = (turn: number, group?: string) => {
      const { page, ...others } = record(turn)
      return { ...others, page: { ...page, ...(group === undefined ? {} : { group }) } }
    }
    await writeTurnRecord(db(), grouped(2, 'vip'), null)
    await writeTurnRecord(db(), grouped(1, 'lost'), null)
    expect(await customer()).toMatchObject({ contact_group: 'vip' })
    await writeTurnRecord(db(), grouped(3), null)
    expect(await customer()).toMatchObject({ contact_group: null })
  })

  test('a customer who is gone is left alone', async () => {
    await writeTurnRecord(db(), { ...record(1), customerId: 'nobody' }, null)
    expect((await everything()).entries).toEqual([])
  })

  const emitted: EmittedEvent = {
    emitId: 'c1.1.4.emit',
    name: 'Passed On',
    properties: { amount: 7 },
    atMs: T0 + 5,
    depth: 2,
    journey: 'welcome',
    version: 3,
    step: 'tell',
  }

  test('events that journeys made go into the log once, with their depth where callers cannot write', async () => {
    await putInForce(db(), { events: { 'Passed On': {} } })
    const turn = record(1, { emitted: [emitted] })
    await writeTurnRecord(db(), turn, null)
    await writeTurnRecord(db(), turn, null)
    await writeTurnRecord(db(), { ...record(2), emitted: [emitted] }, null)
    const rows = await db().selectFrom('events').selectAll().execute()
    expect(rows).toMatchObject([
      {
        message_id: 'c1.1.4.emit',
        customer_id: 'c1',
        type: 'track',
        name: 'Passed On',
        properties: { amount: 7 },
        context: { source: 'journey', journey: 'welcome', version: 3, step: 'tell', depth: 2 },
        payload: { depth: 2 },
        historical: false,
        occurred_at: new Date(T0 + 5),
        received_at: new Date(T0 + 5),
        status: 'pending',
      },
    ])
  })

  test('an event that no rule names goes no further', async () => {
    await putInForce(db(), { events: { 'Something Else': {} } })
    await writeTurnRecord(db(), record(1, { emitted: [emitted] }), null)
    const rows = await db().selectFrom('events').select('status').execute()
    expect(rows).toEqual([{ status: 'filtered' }])
    expect(await haveArrived(db(), [emitted.emitId])).toBe(true)
  })

  test('an event has arrived when its batch is delivered', async () => {
    await putInForce(db(), { events: { 'Passed On': {} } })
    const arrived = () => haveArrived(db(), [emitted.emitId])
    expect(await arrived()).toBe(false)
    await writeTurnRecord(db(), record(1, { emitted: [emitted] }), null)
    expect(await arrived()).toBe(false)
    await db().insertInto('batches').values({ customer_id: 'c1', n: 1, content: '{}' }).execute()
    await db().updateTable('events').set({ status: 'batched', batch: 1 }).execute()
    expect(await arrived()).toBe(false)
    await db()
      .updateTable('batches')
      .set({ delivered_at: new Date(T0) })
      .execute()
    expect(await arrived()).toBe(true)
  })

  test('an event is judged by the book that a publication under way puts in force', async () => {
    await putInForce(db(), { events: { 'Passed On': {} } })
    let writing = Promise.resolve()
    await putInForce(db(), { events: {} }, {}, async () => {
      writing = writeTurnRecord(db(), record(1, { emitted: [emitted] }), null)
      await sleep(100)
    })
    await writing
    const rows = await db().selectFrom('events').select('status').execute()
    expect(rows).toEqual([{ status: 'filtered' }])
  })

  test('can be part of a transaction', async () => {
    const failing = db()
      .transaction()
      .execute(async (trx) => {
        await writeTurnRecord(trx, record(1), null)
        throw new Error('rolled back')
      })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await everything()).toMatchObject({ customer: { page_turn: 0 }, entries: [], runs: [] })
  })

  test('many turns of many customers at once', async () => {
    const failures = ['a', 'b', 'c'].map((path) => ({ ...failure, path }))
    const turns = Array.from({ length: 20 }, (_, n) =>
      record(n + 1, { failures: n % 2 === 0 ? failures : failures.toReversed() }),
    )
    await Promise.all(turns.map((turn) => writeTurnRecord(db(), turn, null)))
    const { customer: row, entries, failures: counted } = await everything()
    expect(row.page_turn).toBe(20)
    expect(entries).toHaveLength(20)
    expect(counted.map(({ count }) => count)).toEqual([20, 20, 20])
  })
})
