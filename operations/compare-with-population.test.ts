import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { getRuleBookInForce } from '../db/rule-book-in-force.ts'
import { expandPreset } from '../domain/contact/presets.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { compareWithPopulation } from './compare-with-population.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'

/** A minute after the policy was published. */
const NOW_MS = Date.parse('2026-03-02T09:01:00Z')
const DAY_MS = 86_400_000
const RULE = expandPreset({
  preset: 'unusuallyManyCalls',
  beyond: { deviations: 2, window: 'P30D' },
})

describeOnEachDatabase('comparing with the population', (db) => {
  let world: Deliveries
  let nowMs: number
  beforeEach(async () => {
    nowMs = NOW_MS
    world = new Deliveries(db())
    await world.clear()
    await db().deleteFrom('population_statistics').execute()
    await world.enforce({}, { exclusions: [RULE] })
  })
  const compare = () =>
    compareWithPopulation({ db: db(), rules: createPublishedRules(), now: () => nowMs })
  const calls = async (customerId: string, count: number, changes: object = {}) => {
    for (let call = 0; call < count; call++)
      await db()
        .insertInto('events')
        .values({
          message_id: `${customerId} ${call} ${JSON.stringify(changes)}`,
          customer_id: customerId,
          type: 'track',
          name: 'Call Received',
          properties: '{}',
          occurred_at: new Date(nowMs - call * 60_000),
          received_at: new Date(nowMs),
          status: 'batched',
          batch: 1,
          ...changes,
        })
        .execute()
  }
  const versions = () =>
    db().selectFrom('population_statistics').selectAll().orderBy('version').execute()
  const maxInForce = async () => {
    const { book } = await createPublishedRules().getRules(db())
    return book.contact?.exclusions[0]?.beyond?.max
  }

  test('counts exactly those who called, and puts the number in force', async () => {
    // 2, 4, 4, 4, 5, 5, 7, 9: the mean is 5, the deviation 2.
    for (const [at, count] of [2, 4, 4, 4, 5, 5, 7, 9].entries()) {
      await world.addCustomer(`c${at}`)
      await calls(`c${at}`, count)
    }
    await world.addCustomer('silent')
    await world.addCustomer('tess', true)
    await calls('tess', 100)
    await world.addCustomer('old')
    await calls('old', 3, { occurred_at: new Date(nowMs - 31 * DAY_MS) })
    await calls('old', 3, { historical: true })
    await compare()
    const plain = await sql<{ mean: number; deviation: number }>`
      select avg(n)::float8 as mean, stddev_pop(n)::float8 as deviation from (
        select count(*) as n from events where name = 'Call Received'
          and customer_id like 'c%' group by customer_id) x`.execute(db())
    expect(await versions()).toMatchObject([
      { rule: 'unusuallyManyCalls', version: 1, customers: 8, ...plain.rows[0], threshold: 9 },
    ])
    expect(plain.rows[0]).toEqual({ mean: 5, deviation: 2 })
    expect(await maxInForce()).toBe(9)
  })

  test('counts once a day, as the next version; the book changes only where the number does', async () => {
    await world.addCustomer('c1')
    await calls('c1', 3)
    await compare()
    const { hash } = await getRuleBookInForce(db())
    await compare()
    expect(await versions()).toHaveLength(1)
    nowMs += DAY_MS
    await compare()
    expect((await versions()).map(({ version }) => version)).toEqual([1, 2])
    expect((await getRuleBookInForce(db())).hash).toBe(hash)
    await calls('c1', 4, { received_at: new Date(nowMs + 1) })
    nowMs += DAY_MS
    await compare()
    expect(await maxInForce()).toBe(7)
    expect((await getRuleBookInForce(db())).hash).not.toBe(hash)
  })

  test('counts anew what another publication says', async () => {
    await world.addCustomer('c1')
    await calls('c1', 3)
    await compare()
    const beyond = { deviations: 2, window: 'P30D' }
    const policy = { exclusions: [{ ...RULE, open: [{ event: 'Complaint Opened' }], beyond }] }
    await calls('c1', 5, { name: 'Complaint Opened' })
    nowMs += 60_000
    const now = () => nowMs
    await publishRules(
      { db: db(), now, onRollout: () => {} },
      { kind: 'contact-policy', document: policy, note: null, keyId: null },
    )
    nowMs += 60_000
    await compare()
    expect(await maxInForce()).toBe(5)
  })

  test('of several processes at once one counts', async () => {
    await world.addCustomer('c1')
    await calls('c1', 3)
    await Promise.all([compare(), compare(), compare()])
    expect(await versions()).toHaveLength(1)
    expect(await maxInForce()).toBe(3)
  })

  test('nobody who called: no number, and nothing is opened', async () => {
    await compare()
    await compare()
    // Not looked for again until tomorrow: that would be a scan of the log every minute.
    expect(await versions()).toMatchObject([{ version: 1, customers: 0 }])
    expect(await maxInForce()).toBeUndefined()
  })
})
