import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { listDeliveries } from '../db/delivery-pages.ts'
import { findPreferences } from '../db/preferences.ts'
import { releaseSends } from '../db/parked-sends.ts'
import { streamRecordedCustomers } from '../db/recorded-customers.ts'
import { listStoredCounters } from '../db/stored-facts.ts'
import { insertVersionExits } from '../db/stopped-runs.ts'
import { countPopulation } from '../db/population-statistics.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import { newCustomer } from '../domain/actor/new-customer.ts'
import type { Run } from '../domain/actor/customer-state.ts'
import type { Legacy, RunRecord, TurnRecord } from '../domain/actor/effects.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { createForwardOutcome } from './forward-outcome.ts'
import { createHandOver } from './hand-over.ts'
import { createRestoreCustomer } from './restore-customer.ts'

const T0 = Date.parse('2026-03-02T09:00:00Z')
const LAST_BATCH = 3

const run: RunRecord = {
  runId: 'ghost.1',
  journey: 'welcome',
  version: 1,
  status: 'waiting',
  step: 'hello',
  sinceMs: T0,
  enteredAtMs: T0,
  wakeAtMs: null,
  locked: false,
  endedAtMs: null,
  endReason: null,
  goalValueMinor: null,
}
const record = (
  customerId: string,
  turn: number,
  changes: Partial<TurnRecord> = {},
): TurnRecord => ({
  customerId,
  turn,
  entries: [{ atMs: T0 + turn, kind: 'step', summary: `${customerId} ${turn}`, data: {} }],
  runs: [],
  deliveries: [],
  traits: {},
  page: {
    atMs: T0 + turn,
    lifecycle: { state: 'new', sinceMs: T0, previous: null, reason: 'met' },
    deferred: [],
    nextWakeAtMs: null,
  },
  failures: [],
  ...changes,
})

describeOnEachDatabase('handing a customer over', (db) => {
  let sends: Deliveries
  const deps = () => ({ db: db(), now: () => T0 })
  const { exported } = exportedOf()

  /** Ana and a ghost with a run, whose merge is under way. */
  beforeEach(async () => {
    sends = new Deliveries(db())
    for (const table of ['merges', 'pending_links', 'timeline_entries', 'consent_history'] as const)
      await db().deleteFrom(table).execute()
    await sends.clear()
    await sends.publish()
    await sends.enforce({})
    for (const id of ['ana', 'ghost']) await sends.addCustomer(id)
    const at = new Date(T0)
    const { link_id: linkId } = await db()
      .insertInto('pending_links')
      .values({ customer_id: 'ana', other_customer_id: 'ghost', cause: 'identify', created_at: at })
      .returning('link_id')
      .executeTakeFirstOrThrow()
    await db()
      .insertInto('merges')
      .values({
        merge_id: 'm1',
        link_id: linkId,
        loser: 'ghost',
        winner: 'ana',
        status: 'leaving',
        reason: null,
        detail: null,
        winner_batch: null,
        decided_by: null,
        created_at: at,
        updated_at: at,
      })
      .execute()
    await writeTurnRecord(db(), record('ghost', 7, { runs: [run] }), null)
  })
  const legacy: Legacy = { mergeId: 'm1', exported, lastBatch: LAST_BATCH }
  const handOver = (last: TurnRecord | null = null) =>
    createHandOver(deps())({ customerId: 'ghost', legacy, record: last })
  const runRow = () =>
    db()
      .selectFrom('runs')
      .select(['customer_id', 'status', 'step', 'turn'])
      .where('run_id', '=', run.runId)
      .executeTakeFirstOrThrow()
  const logged = (customerId: string, type: string) =>
    db()
      .selectFrom('events')
      .select(['name', 'payload', 'status'])
      .where('customer_id', '=', customerId)
      .where('type', '=', type as 'track')
      .orderBy('seq')
      .execute()
  const happen = (customerId: string, name: string, batch: number | null) =>
    sql`insert into events (message_id, customer_id, type, name, occurred_at, received_at, status, batch)
      values (gen_random_uuid()::text, ${customerId}, 'track', ${name}, ${new Date(T0)},
        ${new Date(T0)}, ${batch === null ? 'filtered' : 'batched'}, ${batch})`.execute(db())

  test('happens once, with the record of the last turn, however often it is tried', async () => {
    const last = record('ghost', 8, {
      emitted: [
        {
          emitId: 'emit:1',
          name: 'Won',
          properties: {},
          atMs: T0,
          depth: 1,
          journey: 'welcome',
          version: 1,
          step: 'hello',
        },
      ],
    })
    await handOver(last)
    await handOver(last)
    expect(await logged('ana', 'absorb')).toHaveLength(1)
    const entries = await db().selectFrom('timeline_entries').select('summary').execute()
    expect(entries.map(({ summary }) => summary)).toEqual(['ghost 7', 'ghost 8'])
    expect(await createRestoreCustomer(deps())({ customerId: 'ghost' })).toBeNull()
  })

  test('open runs are the winner’s to write, whatever number its turns have', async () => {
    await handOver()
    expect(await runRow()).toMatchObject({ customer_id: 'ana', step: 'hello' })
    const moved = { ...run, status: 'paused' as const, step: 'rest' }
    await writeTurnRecord(db(), record('ana', 2, { runs: [moved] }), null)
    // A record of the loser's that waited with a send in its queue comes late, with a higher number.
    await writeTurnRecord(db(), record('ghost', 9, { runs: [run] }), null)
    expect(await runRow()).toEqual({ customer_id: 'ana', status: 'paused', step: 'rest', turn: 2 })
  })

  test('a late record that is the first to tell of a run gives way to the winner’s', async () => {
    await db().deleteFrom('runs').execute()
    await handOver()
    await writeTurnRecord(db(), record('ghost', 9, { runs: [run] }), null)
    await writeTurnRecord(db(), record('ana', 2, { runs: [{ ...run, step: 'rest' }] }), null)
    expect(await runRow()).toMatchObject({ customer_id: 'ana', step: 'rest' })
  })

  test('what a late record made reaches the winner: events, traits, exclusions', async () => {
    await handOver()
    await db()
      .updateTable('customers')
      .set({
        traits: JSON.stringify({ plan: 'pro' }),
        // Said after the turn that is written late.
        trait_origins: JSON.stringify({ plan: { atMs: T0 + 10, source: 'shop' } }),
      })
      .where('customer_id', '=', 'ana')
      .execute()
    const late = record('ghost', 9, {
      traits: { plan: 'free', greeted: true },
      emitted: [
        {
          emitId: 'emit:2',
          name: 'Won',
          properties: {},
          atMs: T0,
          depth: 1,
          journey: 'welcome',
          version: 1,
          step: 'hello',
        },
      ],
      exclusions: [
        {
          exclusionId: 'x1',
          rule: 'r',
          reason: 'upset',
          scope: {},
          source: 'r',
          sinceMs: T0,
          fromMs: T0,
          untilMs: null,
          closed: null,
        },
      ],
    })
    for (let times = 0; times < 2; times++) await writeTurnRecord(db(), late, null)
    expect(await logged('ana', 'track')).toMatchObject([{ name: 'Won' }])
    const { traits } = await db()
      .selectFrom('customers')
      .select('traits')
      .where('customer_id', '=', 'ana')
      .executeTakeFirstOrThrow()
    expect(traits).toEqual({ plan: 'pro', greeted: true })
    const open = await db().selectFrom('exclusions').select(['customer_id', 'closed_at']).execute()
    expect(open).toEqual([{ customer_id: 'ana', closed_at: null }])
  })

  test('a late send of the loser asks what is in force for the winner', async () => {
    const newest = { email: { atMs: T0, source: 'shop' } }
    await db()
      .updateTable('customers')
      .set({ trait_origins: JSON.stringify(newest) })
      .where('customer_id', '=', 'ana')
      .execute()
    await handOver()
    await db()
      .updateTable('consents')
      .set({ granted: false })
      .where('customer_id', '=', 'ana')
      .execute()
    expect(await sends.deliver('ghost')).toMatchObject({ type: 'dropped', reason: 'no_consent' })
    expect((await findPreferences(db(), 'ghost'))?.consents).toMatchObject([{ granted: false }])
    // To the address that the winner has by now.
    expect(
      await sends.deliver('ghost', { deliveryId: 'ghost.2.1.email', class: 'service' }),
    ).toEqual(expect.objectContaining({ type: 'sent' }))
    expect(sends.reached).toEqual(['ana'])
    const listed = await listDeliveries(db(), {
      filter: { customerId: 'ana' },
      limit: 10,
      after: undefined,
    })
    expect(listed.map(({ customerId }) => customerId)).toEqual(['ghost', 'ghost'])
  })

  test('a parked send that is let go, and a stopped version, are told to the winner', async () => {
    await handOver()
    const told = await db()
      .transaction()
      .execute((trx) =>
        releaseSends(trx, [{ deliveryId: 'ghost.1.1.email', customerId: 'ghost' }], {
          reason: 'resumed',
          nowMs: T0,
        }),
      )
    expect(told).toEqual(['ana'])
    expect(await logged('ana', 'release')).toMatchObject([{ status: 'pending' }])
    await db().updateTable('journey_versions').set({ status: 'stopped' }).execute()
    expect(await insertVersionExits(db(), { nowMs: T0, limit: 10 })).toEqual(['ana'])
  })

  test('an outcome of a send that was under way is told once, to whoever the customer is by then', async () => {
    const forward = createForwardOutcome(deps())
    await handOver()
    const outcome = {
      kind: 'send',
      key: 'ghost.1.1.email',
      attempt: 1,
      outcome: { type: 'sent', atMs: T0, providerId: null },
    } as const
    for (let times = 0; times < 2; times++)
      await forward({ customerId: 'ghost', mergeId: 'm1', outcome })
    expect(await logged('ana', 'outcome')).toMatchObject([{ payload: outcome }])
  })

  test('facts count what happened to both, whatever batch of the loser’s it was in', async () => {
    await happen('ana', 'Looked', 1)
    await happen('ana', 'Looked', 2)
    await happen('ghost', 'Looked', LAST_BATCH)
    await happen('ghost', 'Looked', null)
    await handOver()
    const names = ['Looked']
    const part = { customerId: 'ana', throughBatch: 1 }
    const counters = await listStoredCounters(db(), part, { names, recentMax: 2 })
    expect(counters).toMatchObject([{ name: 'Looked', total: 3, recentMs: [T0, T0] }])
    const window = { after: new Date(T0 - 1), until: new Date(T0) }
    expect(await countPopulation(db(), { names, per: null, ...window })).toMatchObject({
      customers: 1,
      mean: 4,
    })
  })

  test('a backtest plays one person', async () => {
    await happen('ana', 'Looked', 1)
    await happen('ghost', 'Looked', 1)
    await handOver()
    const part = { names: ['Looked'], toMs: T0 + 1, throughSeq: 1_000_000, sample: 1 }
    const recorded: [string, number][] = []
    for await (const { customerId, rows } of streamRecordedCustomers(db(), part))
      recorded.push([customerId, rows.length])
    expect(recorded).toEqual([['ana', 2]])
  })
})

function exportedOf(): Pick<Legacy, 'exported'> {
  const { consents, exclusions, tallies, contacts, deferred, journeys, arms, dates } = newCustomer(
    { customerId: 'ghost', test: false, zone: 'UTC', known: false },
    T0,
  )
  const runs = [{ runId: run.runId }] as unknown as readonly Run[]
  return {
    exported: {
      consents,
      exclusions,
      tallies,
      contacts,
      runs,
      deferred,
      triggered: [],
      journeys,
      arms,
      dates,
      autoSwitchesAtMs: [],
      recentDecisions: [],
      handled: [],
      lastEventAtMs: null,
    },
  }
}
