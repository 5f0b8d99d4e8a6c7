import { beforeEach, expect, test } from 'vitest'
import type { ExclusionChange, TurnRecord } from '../domain/actor/effects.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { closeOpenExclusion, insertExclusion, listExclusions } from './exclusions.ts'
import { writeTurnRecord } from './turn-records.ts'

const T0 = Date.parse('2026-03-02T09:00:00Z')

const opened: ExclusionChange = {
  exclusionId: 'complaintOpen:c1',
  rule: 'complaintOpen',
  reason: 'complaintOpen',
  scope: { classes: ['marketing'] },
  source: 'event Complaint Opened',
  sinceMs: T0,
  fromMs: T0,
  untilMs: null,
  closed: null,
}
const closed: ExclusionChange = { ...opened, closed: { atMs: T0 + 5_000, by: 'Complaint Closed' } }
const byHand: ExclusionChange = { ...opened, exclusionId: 'x1', rule: null }

const record = (turn: number, ...exclusions: readonly ExclusionChange[]): TurnRecord => ({
  customerId: 'c1',
  turn,
  entries: [],
  runs: [],
  deliveries: [],
  traits: {},
  page: {
    atMs: T0,
    lifecycle: { state: 'new', sinceMs: T0, previous: null, reason: '' },
    deferred: [],
    nextWakeAtMs: null,
  },
  failures: [],
  exclusions,
})

describeOnEachDatabase('exclusions', (db) => {
  beforeEach(async () => {
    await db().deleteFrom('exclusions').execute()
    await db().deleteFrom('customers').execute()
    await db()
      .insertInto('customers')
      .values({ customer_id: 'c1', created_at: new Date(T0), traits: '{}' })
      .execute()
  })
  const write = (turn: number, ...changes: readonly ExclusionChange[]) =>
    writeTurnRecord(db(), record(turn, ...changes), null)
  const stored = async () =>
    (await listExclusions(db(), { customerId: 'c1', limit: 10, after: undefined })).map(
      ({ exclusionId, closed: end }) => `${exclusionId} ${end === null ? 'open' : end.by}`,
    )
  const closeByHand = (exclusionId: string, atMs: number) =>
    db()
      .transaction()
      .execute((trx) =>
        closeOpenExclusion(trx, { customerId: 'c1', exclusionId, at: new Date(atMs) }),
      )

  test('what an actor opens and closes is written, and the row stays when it is over', async () => {
    await write(1, opened)
    expect(await stored()).toEqual(['complaintOpen:c1 open'])
    await write(2, closed)
    await write(2, closed)
    expect(await stored()).toEqual(['complaintOpen:c1 Complaint Closed'])
  })

  test('an older turn that comes late changes nothing', async () => {
    await write(2, closed)
    await write(1, opened)
    expect(await stored()).toEqual(['complaintOpen:c1 Complaint Closed'])
  })

  test('what a hand has opened is not opened again by the actor that hears of it', async () => {
    await db()
      .transaction()
      .execute((trx) => insertExclusion(trx, 'c1', byHand))
    await closeByHand('x1', T0 + 1_000)
    await write(1, byHand)
    expect(await stored()).toEqual(['x1 by hand'])
  })

  test('one by hand whose time is up is closed by the actor', async () => {
    await db()
      .transaction()
      .execute((trx) => insertExclusion(trx, 'c1', { ...byHand, untilMs: T0 + 9_000 }))
    await write(3, { ...byHand, closed: { atMs: T0 + 9_000, by: 'time' } })
    expect(await stored()).toEqual(['x1 time'])
  })

  test('an actor that is behind does not open what a hand has closed; a newer event does', async () => {
    await write(1, opened)
    await closeByHand('complaintOpen:c1', T0 + 3_000)
    await write(2, { ...opened, sinceMs: T0 + 2_000, fromMs: T0 })
    expect(await stored()).toEqual(['complaintOpen:c1 by hand'])
    await write(3, { ...opened, sinceMs: T0 + 4_000 })
    expect(await stored()).toEqual(['complaintOpen:c1 open'])
  })

  test('what ended by time is opened again by an event that comes late', async () => {
    await write(1, { ...opened, closed: { atMs: T0 + 9_000, by: 'time' } })
    await write(2, { ...opened, sinceMs: T0 + 5_000, untilMs: T0 + 20_000 })
    expect(await stored()).toEqual(['complaintOpen:c1 open'])
  })

  test('there is nothing to close in what is closed, over or unknown', async () => {
    await write(1, closed, { ...opened, exclusionId: 'over:1', untilMs: T0 + 2_000 })
    expect(await closeByHand('complaintOpen:c1', T0 + 9_000)).toBeUndefined()
    expect(await closeByHand('over:1', T0 + 9_000)).toBeUndefined()
    expect(await closeByHand('unknown', T0 + 9_000)).toBeUndefined()
  })
})
