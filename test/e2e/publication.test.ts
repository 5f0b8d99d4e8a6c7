import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../domain/customers/lifecycle-rules.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { isSameJson } from '../../domain/same-json.ts'
import { journey, mail, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

let rumbo: TestRumbo

beforeAll(async () => {
  // Orders are no purchases here: until a journey names them, no rule does, and they are filtered.
  const lifecycle = { ...DEFAULT_LIFECYCLE_RULES, purchase: { event: 'Sold', value: 'amount' } }
  rumbo = await startTestRumbo(await connectEmbedded(), { lifecycle })
  await rumbo.publish(journey('welcome'))
})
afterAll(() => rumbo.stop())

const orders = async (customer: TestCustomer, count: number): Promise<string[]> => {
  for (let n = 0; n < count; n++) await customer.track('Order Completed', { total: n })
  const rows = await rumbo.db
    .selectFrom('events')
    .select('status')
    .where('customer_id', '=', customer.customerId)
    .where('name', '=', 'Order Completed')
    .execute()
  return rows.map(({ status }) => status)
}

describe('five filtered orders, then a publication of count == 1', () => {
  const firstOrder = journey('first-order', {
    entry: { on: [{ event: 'Order Completed', when: "count('Order Completed') == 1" }] },
    messages: {
      hello: mail("You have {{ counts['Order Completed'] }} orders"),
      bye: mail('bye'),
    },
  })

  test('nobody enters but those whose first order it is; a count is over all stored events', async () => {
    const [ana, cleo, dora] = await Promise.all([
      TestCustomer.create(rumbo),
      TestCustomer.create(rumbo),
      TestCustomer.create(rumbo, { consent: false }),
    ])
    await ana.settle()
    const { historyLength } = await ana.actor.describe()
    expect(await orders(ana, 5)).toEqual(Array.from({ length: 5 }, () => 'filtered'))
    expect((await ana.actor.describe()).historyLength).toBe(historyLength)
    expect(await orders(cleo, 1)).toEqual(['filtered'])

    await rumbo.publish(firstOrder)
    await ana.forward('P1D')
    expect([await ana.runs(), await cleo.runs()]).toEqual([[], []])
    expect(await ana.track('Order Completed')).toEqual([])
    expect(await cleo.track('Order Completed')).toEqual([])
    expect((await ana.state()).facts.counters['Order Completed']).toMatchObject({ total: 6 })
    expect((await cleo.state()).facts.counters['Order Completed']).toMatchObject({ total: 2 })
    expect(await ana.mails()).toEqual([])

    await dora.consent(true)
    expect(await dora.track('Order Completed')).toMatchObject([{ outcome: 'enter' }])
    await dora.settle()
    expect(await dora.mails()).toEqual(['You have 1 orders'])
  })
})

describe('a publication is in force for the next batch', () => {
  test('also of a customer who sleeps on another journey', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Signed Up')
    await ana.forward('P5D')
    await ana.track('Cart Left')
    expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
    await rumbo.publish(
      journey('cart', {
        arbitration: { mode: 'manual', rank: 1 },
        entry: { on: [{ event: 'Cart Left' }] },
        steps: mailsAndWaits('P1D'),
      }),
    )
    expect(await ana.track('Cart Left')).toMatchObject([{ outcome: 'switch' }])
    await ana.settle()
    expect(await ana.runs()).toEqual(['cart@1:rest waiting', 'welcome@1:rest paused'])
  })

  test('publications and events at the same time: every event meets one book or the other', async () => {
    const ana = await TestCustomer.create(rumbo)
    const event = `Event ${randomUUID()}`
    const tracked = Array.from({ length: 10 }, () => ana.track(event))
    const counting = journey('counting', {
      entry: { on: [{ event: 'Never' }], when: `count('${event}') > 100` },
    })
    await Promise.all([...tracked.slice(0, 5), rumbo.publish(counting), ...tracked.slice(5)])
    await ana.track(event)
    expect((await ana.state()).facts.counters[event]?.total).toBe(11)
  })
})

describe('a lifecycle entry that is published while the customer sleeps', () => {
  test('works at the deadline', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Product Viewed')
    await ana.forward('P31D')
    expect((await ana.page()).lifecycle?.state).toBe('waiting')
    await rumbo.publish(
      journey('win-back', {
        entry: { on: [{ lifecycle: 'at_risk' }] },
        steps: mailsAndWaits('P3D'),
      }),
    )
    await ana.forward('P58D')
    expect(await ana.mails()).toEqual([])
    await ana.forward('P5D')
    expect((await ana.page()).lifecycle).toMatchObject({ state: 'at_risk', previous: 'waiting' })
    expect(await ana.mails()).toEqual(['win-back', 'win-back bye'])
    expect((await ana.story())[0]).toBe('entered win-back@1 on Lifecycle Changed')
  })
})

/** Three days of waiting and no messages, so that real customers can be on it too. */
const calm = (key: string, event: string, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    class: 'service',
    entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
    start: 'rest',
    steps: { rest: { type: 'wait', for: 'P3D', next: 'done' }, done: { type: 'exit' } },
    messages: {},
    ...parts,
  })
const manual: Partial<Journey> = { arbitration: { mode: 'manual', rank: 1 } }

/** What a caller is told about who is in a version. */
const headCount = async (key: string, version: number) =>
  (await rumbo.call('GET', `/v1/journeys/${key}/versions/${version}`)).body['headCount']
const endReasons = async (key: string) => {
  const rows = await rumbo.db
    .selectFrom('runs')
    .select(['version', 'status', 'end_reason as reason'])
    .where('journey', '=', key)
    .orderBy('version')
    .execute()
  return rows.map(({ version, status, reason }) => `${version} ${reason ?? status}`)
}

describe('head-counts', () => {
  test('agree with the engine on who is on the way; who is paused is counted in SQL alone', async () => {
    await rumbo.publish(calm('counted', 'Counted'), calm('first', 'Preferred', manual))
    const test = await TestCustomer.create(rumbo)
    await test.track('Counted')
    for (const user of ['c1', 'c2', 'c3']) await rumbo.track(user, 'Counted')
    const expected = (active: number, paused: number) => ({
      total: active + paused,
      active,
      paused,
      steps: { rest: { active, paused } },
    })
    const shows = (what: string, count: JsonObject) =>
      eventually(what, async () => isSameJson(await headCount('counted', 1), count))
    await shows('three on the way', expected(3, 0))
    await rumbo.track('c2', 'Preferred')
    await shows('one of them paused', expected(2, 1))

    const onEngine = async (where: string) =>
      (await rumbo.client.workflow.count(`ExecutionStatus = 'Running' and ${where}`)).count
    const here = `Journey = 'counted' and JourneyVersion = 'counted@1'
      and JourneyStep = 'counted@1:rest'`
    await eventually('visibility is quiet', async () => (await onEngine(here)) === 3)
    expect(await onEngine(`${here} and Test = false`)).toBe(2)
    expect(await onEngine(`${here} and Test = true`)).toBe(1)
    expect(await headCount('first', 1)).toMatchObject({ total: 1, active: 1, paused: 0 })
    expect(await onEngine(`JourneyStep = 'first@1:rest' and Test = false`)).toBe(1)
  })
})

describe('a version that is closed', () => {
  test('lets nobody in; whoever is inside goes on to the end', async () => {
    await rumbo.publish(calm('closing', 'Closing'))
    const [inside, late] = [await TestCustomer.create(rumbo), await TestCustomer.create(rumbo)]
    await inside.track('Closing')
    const { status, body } = await rumbo.call('POST', '/v1/journeys/closing/versions/1/close')
    expect([status, body['status']]).toEqual([200, 'closed'])
    expect(await late.track('Closing')).toEqual([])
    expect(await inside.runs()).toEqual(['closing@1:rest waiting'])
    await inside.forward('P4D')
    expect(await endReasons('closing')).toEqual(['1 completed'])
  })
})

describe('a version that is stopped', () => {
  test('is left by everybody at once, whoever is paused and test customers too', async () => {
    await rumbo.publish(calm('stopping', 'Stopping'), calm('taking', 'Taking Over', manual))
    const [inside, paused] = [await TestCustomer.create(rumbo), await TestCustomer.create(rumbo)]
    for (const customer of [inside, paused]) await customer.track('Stopping')
    await paused.track('Taking Over')
    for (const user of ['s1', 's2']) await rumbo.track(user, 'Stopping')
    await eventually('all are inside', async () => (await endReasons('stopping')).length === 4)
    await rumbo.publish(calm('stopping', 'Stopping', { queueFor: 'P1D' }))
    await rumbo.track('s3', 'Stopping')
    await eventually('one is in the newer version', async () =>
      (await endReasons('stopping')).includes('2 waiting'),
    )

    const { status, body } = await rumbo.call('POST', '/v1/journeys/stopping/versions/1/stop')
    expect([status, body['status']]).toEqual([200, 'stopped'])
    await eventually('nobody is inside', async () =>
      (await endReasons('stopping')).every((line) => line !== '1 waiting' && line !== '1 paused'),
    )
    expect(await endReasons('stopping')).toEqual([
      ...Array.from({ length: 4 }, () => '1 version_stopped'),
      '2 waiting',
    ])
    expect(await inside.story()).toContain('left stopping@1: version_stopped')
    expect(await paused.runs()).toEqual(['taking@1:rest waiting'])
    expect(await headCount('stopping', 1)).toEqual({ total: 0, active: 0, paused: 0, steps: {} })
  })
})
