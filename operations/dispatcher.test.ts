import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { sql, type Transaction } from 'kysely'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { redeliverBatches } from '../db/batches.ts'
import { releaseAllLeases } from '../db/leases.ts'
import type { Database } from '../db/schema.ts'
import type { EventBatch } from '../domain/actor/inputs.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import { claimBatches } from './claim-batches.ts'
import { createDispatcher, type Dispatcher, type DispatcherDeps } from './dispatcher.ts'
import { createPublishedRules } from './published-rules.ts'
import { startSweeper } from './sweeper.ts'

describeOnEachDatabase('the dispatcher', (db) => {
  const rules = createPublishedRules()
  let dispatchers: Dispatcher[] = []
  let log: { customerId: string; batch: EventBatch }[] = []

  beforeAll(async () => {
    await putInForce(db(), { events: { Happened: { i: true } } })
  })
  beforeEach(() => {
    log = []
  })
  afterEach(async () => {
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.stop()))
    dispatchers = []
    await sql`truncate customers cascade`.execute(db())
  })

  const start = (more: Partial<DispatcherDeps> = {}): Dispatcher => {
    const dispatcher = createDispatcher({
      db: db(),
      rules,
      isOutage: () => true,
      onError: () => {},
      ...more,
      deliver: async (customer, batch) => {
        await more.deliver?.(customer, batch)
        log.push({ customerId: customer.customerId, batch })
      },
    })
    dispatchers.push(dispatcher)
    return dispatcher
  }
  const acceptorFor = (...woken: Pick<Dispatcher, 'wake'>[]) =>
    createEventAcceptor({
      db: db(),
      now: Date.now,
      onPending: (ids) => woken.forEach((dispatcher) => dispatcher.wake(ids)),
    })
  const happened = (userId: string, i: number) => ({
    type: 'track' as const,
    messageId: randomUUID(),
    userId,
    event: 'Happened',
    properties: { i, secret: 'x' },
    historical: false,
  })
  /** What an actor makes of the deliveries: numbers it has seen are ignored. */
  const heardBy = (customerId: string): unknown[] => {
    const batches = new Map<number, EventBatch>()
    for (const { customerId: id, batch } of log) {
      if (id !== customerId) continue
      const before = batches.get(batch.n)
      if (before === undefined) batches.set(batch.n, batch)
      else expect(batch).toEqual(before)
    }
    expect([...batches.keys()]).toEqual([...batches.keys()].map((_, at) => at + 1))
    return [...batches.values()].flatMap(({ items }) =>
      items.map((item) => (item.type === 'event' ? item.properties['i'] : null)),
    )
  }
  const numbersOf = (customerId: string) =>
    log.filter((entry) => entry.customerId === customerId).map(({ batch }) => batch.n)
  const isSettled = async () => {
    const { rows } = await sql<{ open: number }>`
      select (select count(*) from events where status = 'pending')
        + (select count(*) from batches where delivered_at is null)
        + (select count(*) from customers where lease_owner is not null) as open`.execute(db())
    expect(Number(rows[0]?.open)).toBe(0)
  }
  const settled = () => vi.waitFor(isSettled, { timeout: 10_000, interval: 10 })
  const oneCustomer = async (userId: string, count: number, woken: Pick<Dispatcher, 'wake'>[]) => {
    const { accept } = acceptorFor(...woken)
    let customerId = ''
    for (let i = 0; i < count; i++)
      customerId = (await accept([happened(userId, i)]))[0]!.customerId
    return customerId
  }

  test('delivers what is accepted, in order, with only the properties that rules name', async () => {
    const customerId = await oneCustomer('u', 3, [start()])
    await settled()
    expect(heardBy(customerId)).toEqual([0, 1, 2])
    expect(log[0]?.batch.items[0]).toMatchObject({ properties: { i: 0 } })
  })

  test('has one delivery of a customer under way; what comes meanwhile is the next batch', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const dispatcher = start({ deliver: (_, { n }) => (n === 1 ? held : Promise.resolve()) })
    const { accept } = acceptorFor(dispatcher)
    const [first] = await accept([happened('u', 0)])
    await sleep(30)
    for (let i = 1; i < 6; i++) await accept([happened('u', i)])
    expect(log).toEqual([])
    release()
    await settled()
    expect(numbersOf(first!.customerId)).toEqual([1, 2])
    expect(heardBy(first!.customerId)).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('loses no wake-up and keeps the order, without a sweeper, whatever the timing', async () => {
    const dispatcher = start({ deliver: () => sleep(Math.random() * 3) })
    const acceptors = [acceptorFor(dispatcher), acceptorFor(dispatcher)]
    const counts = [17, 23, 31, 5, 1, 40]
    const ids = await Promise.all(
      counts.map(async (count, at) => {
        let id = ''
        for (let i = 0; i < count; i++)
          id = (await acceptors[i % 2]!.accept([happened(`u${at}`, i)]))[0]!.customerId
        return id
      }),
    )
    await settled()
    expect(ids.map((id) => heardBy(id).length)).toEqual(counts)
    for (const id of ids) expect(heardBy(id)).toEqual(heardBy(id).map((_, i) => i))
  })

  /** The database, with something that happens before or after every commit of a transaction. */
  const withHooks = (hooks: { before?: () => Promise<void>; after?: () => Promise<void> }) =>
    new Proxy(db(), {
      get: (target, name) => {
        if (name !== 'transaction') return Reflect.get(target, name) as unknown
        return () => ({
          execute: async <T>(body: (trx: Transaction<Database>) => Promise<T>): Promise<T> => {
            const result = await target.transaction().execute(async (trx) => {
              const inner = await body(trx)
              await hooks.before?.()
              return inner
            })
            await hooks.after?.()
            return result
          },
        })
      },
    })

  test('loses no wake-up that overtakes the step which lets the customer go', async () => {
    let steps = 0
    const after = async (): Promise<void> => {
      if (++steps === 2) await accept([happened('u', 1)])
    }
    const { accept } = acceptorFor(start({ db: withHooks({ after }) }))
    const [first] = await accept([happened('u', 0)])
    await vi.waitFor(() => expect(heardBy(first!.customerId)).toEqual([0, 1]))
  })

  test('loses no wake-up of another process while the customer is being let go', async () => {
    let steps = 0
    let accepting: Promise<unknown> | undefined
    const before = async (): Promise<void> => {
      if (++steps !== 2) return
      accepting = acceptorFor(start()).accept([happened('u', 1)])
      await sleep(50)
    }
    const { accept } = acceptorFor(start({ db: withHooks({ before }) }))
    const [first] = await accept([happened('u', 0)])
    await vi.waitFor(() => expect(accepting).toBeDefined())
    await accepting
    await vi.waitFor(() => expect(heardBy(first!.customerId)).toEqual([0, 1]))
  })

  test('never delivers one customer twice at a time, with several dispatchers', async () => {
    const open = new Map<string, number>()
    let worst = 0
    const deliver: DispatcherDeps['deliver'] = async ({ customerId }) => {
      open.set(customerId, (open.get(customerId) ?? 0) + 1)
      worst = Math.max(worst, open.get(customerId)!)
      await sleep(Math.random() * 4)
      open.set(customerId, open.get(customerId)! - 1)
    }
    const both = [start({ deliver }), start({ deliver })]
    const ids = await Promise.all(['a', 'b', 'c'].map((user) => oneCustomer(user, 30, both)))
    await settled()
    expect(worst).toBe(1)
    for (const id of ids) expect(heardBy(id)).toEqual(Array.from({ length: 30 }, (_, i) => i))
  })

  test('delivers the same batch with the same number again after a crash, then what came later', async () => {
    const customerId = await oneCustomer('u', 2, [])
    const claim = {
      owner: 'crashed',
      leaseMs: 1,
      lookAt: [customerId],
      delivered: [],
      giveBack: [],
    }
    const [claimed] = await claimBatches({ db: db(), rules }, claim)
    await oneCustomer('u', 2, [])
    await putInForce(db(), { events: { Happened: { i: true } } })
    await sleep(5)
    start().wake([customerId])
    await settled()
    expect(log.map(({ batch }) => batch.n)).toEqual([1, 2])
    expect(log[0]?.batch).toEqual(claimed?.batch)
    expect(heardBy(customerId)).toEqual([0, 1, 0, 1])
  })

  test('leaves a customer alone whom another process holds, until the lease is given back', async () => {
    const customerId = await oneCustomer('u', 1, [])
    const claim = {
      owner: 'alive',
      leaseMs: 60_000,
      lookAt: [customerId],
      delivered: [],
      giveBack: [],
    }
    await claimBatches({ db: db(), rules }, claim)
    const dispatcher = start()
    dispatcher.wake([customerId])
    await sleep(50)
    expect(log).toEqual([])
    await releaseAllLeases(db())
    dispatcher.wake([customerId])
    await settled()
    expect(heardBy(customerId)).toEqual([0])
  })

  test('tries again in order when the engine was away, and does not spin meanwhile', async () => {
    let away = true
    let tries = 0
    const deliver = async (): Promise<void> => {
      tries += 1
      if (away) throw new Error('away')
    }
    const dispatcher = start({ deliver })
    const ids = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((user) => oneCustomer(user, 3, [dispatcher])),
    )
    await sleep(500)
    expect(tries).toBeLessThan(12)
    away = false
    await settled()
    for (const id of ids) expect(heardBy(id)).toEqual([0, 1, 2])
  })

  test('a customer whose batch the engine refuses holds up nobody else', async () => {
    let refused = true
    const poisoned = await oneCustomer('poisoned', 1, [])
    const dispatcher = start({
      isOutage: () => false,
      inFlightMax: 1,
      deliver: async ({ customerId }) => {
        if (refused && customerId === poisoned) throw new Error('refused')
      },
    })
    dispatcher.wake([poisoned])
    const healthy = await oneCustomer('healthy', 5, [dispatcher])
    await vi.waitFor(() => expect(heardBy(healthy)).toHaveLength(5), { timeout: 1_000 })
    expect(heardBy(poisoned)).toEqual([])
    refused = false
    await settled()
    expect(heardBy(poisoned)).toEqual([0])
  })

  test('goes on by itself when SQL was away', async () => {
    let failures = 2
    const dispatcher = start({
      rules: {
        ...rules,
        getRules: (trx) =>
          failures-- > 0 ? Promise.reject(new Error('no SQL')) : rules.getRules(trx),
      },
    })
    const customerId = await oneCustomer('u', 1, [dispatcher])
    await settled()
    expect(heardBy(customerId)).toEqual([0])
  })

  test('delivers again what a restarted actor has lost, also a batch that was under way', async () => {
    const dispatcher = start({
      deliver: async ({ customerId }, { n }) => {
        const again = log.some(({ batch }) => batch.n === 3)
        if (n !== 3 || again) return
        // The run that gets this signal is gone; the new one holds the snapshot of batch 1.
        await db()
          .transaction()
          .execute((trx) => redeliverBatches(trx, { customerId, afterBatch: 1 }))
      },
    })
    const { accept } = acceptorFor(dispatcher)
    let customerId = ''
    for (let i = 0; i < 3; i++) {
      customerId = (await accept([happened('u', i)]))[0]!.customerId
      await vi.waitFor(() => expect(log.length).toBeGreaterThan(i))
      if (i < 2) await settled()
    }
    await settled()
    expect(numbersOf(customerId)).toEqual([1, 2, 3, 2, 3])
  })

  test('delivers nothing twice for an actor that starts with the batch that is under way', async () => {
    const dispatcher = start({
      deliver: async ({ customerId }, { n }) =>
        db()
          .transaction()
          .execute((trx) => redeliverBatches(trx, { customerId, afterBatch: n })),
    })
    const customerId = await oneCustomer('u', 1, [dispatcher])
    await settled()
    expect(numbersOf(customerId)).toEqual([1])
  })

  test('delivers a batch again whose only signal went to a run that is gone', async () => {
    let isFirst = true
    const dispatcher = start({
      deliver: async ({ customerId }) => {
        if (!isFirst) return
        isFirst = false
        await db()
          .transaction()
          .execute((trx) => redeliverBatches(trx, { customerId, afterBatch: 0 }))
      },
    })
    const customerId = await oneCustomer('u', 1, [dispatcher])
    await settled()
    expect(numbersOf(customerId)).toEqual([1, 1])
  })

  test('stop waits for what is under way, notes it, gives the lease back and starts nothing more', async () => {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const dispatcher = start({ deliver: () => held })
    const { accept } = acceptorFor(dispatcher)
    await accept([happened('u', 0)])
    await sleep(30)
    await accept([happened('u', 1)])
    const stopped = dispatcher.stop()
    release()
    await stopped
    expect(log.map(({ batch }) => batch.n)).toEqual([1])
    const { rows } = await sql<object>`
      select lease_owner, delivered_at is not null as done, e.status
      from customers join batches using (customer_id) join events e using (customer_id)
      order by e.seq`.execute(db())
    expect(rows).toEqual([
      { lease_owner: null, done: true, status: 'batched' },
      { lease_owner: null, done: true, status: 'pending' },
    ])
  })

  describe('the sweeper', () => {
    test('brings whoever nobody woke', async () => {
      const ids = await Promise.all(['a', 'b', 'c'].map((user) => oneCustomer(user, 2, [])))
      const sweeper = startSweeper({
        db: db(),
        dispatcher: start(),
        onError: () => {},
        everyMs: 10,
      })
      await settled()
      await sweeper.stop()
      for (const id of ids) expect(heardBy(id)).toEqual([0, 1])
    })

    test('drops delivered batches that the snapshot holds, and no others', async () => {
      const customerId = await oneCustomer('u', 1, [])
      const content = JSON.stringify({ n: 1, bookHash: '', entryRules: [], items: [] })
      await db()
        .insertInto('batches')
        .values(
          [1, 2, 3].map((n) => ({
            customer_id: customerId,
            n,
            content,
            delivered_at: n === 2 ? null : new Date(),
          })),
        )
        .execute()
      await db().updateTable('customers').set({ snapshot_batch: 2 }).execute()
      const asleep = { wake: () => {}, hasRoom: () => false }
      const sweeper = startSweeper({ db: db(), dispatcher: asleep, onError: () => {} })
      const left = () => db().selectFrom('batches').select('n').orderBy('n').execute()
      await vi.waitFor(async () => expect(await left()).toEqual([{ n: 2 }, { n: 3 }]))
      await sweeper.stop()
    })
  })

  test('whatever fails, every actor hears its whole log once and in order', async () => {
    const plan = fc.array(
      fc.record({ user: fc.nat(2), fails: fc.boolean(), restarts: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(plan, async (steps) => {
        log = []
        const run = randomUUID()
        const failures = steps.filter(({ fails }) => fails).map(({ user }) => `${user}`)
        const dispatcher = start({
          isOutage: () => false,
          deliver: async () => {
            if (failures.pop() !== undefined) throw new Error('lost')
          },
        })
        const { accept } = acceptorFor(dispatcher)
        const ids = new Map<number, string>()
        const counts = new Map<number, number>()
        for (const { user, restarts } of steps) {
          const i = counts.get(user) ?? 0
          counts.set(user, i + 1)
          const [accepted] = await accept([happened(`${run} ${user}`, i)])
          const customerId = accepted!.customerId
          ids.set(user, customerId)
          if (!restarts) continue
          await db()
            .transaction()
            .execute((trx) => redeliverBatches(trx, { customerId, afterBatch: 0 }))
          dispatcher.wake([customerId])
        }
        await settled()
        for (const [user, id] of ids)
          expect(heardBy(id)).toEqual(Array.from({ length: counts.get(user)! }, (_, i) => i))
      }),
      { numRuns: 8 },
    )
  }, 30_000)
})
