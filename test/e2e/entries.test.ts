import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { readEngineTexts } from '../support/engine-texts.ts'
import { journey, mail } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

let rumbo: TestRumbo

const ends = {
  hello: { type: 'message', message: 'hello', next: 'done' },
  done: { type: 'exit' },
} as const
const DAY_MS = 86_400_000
const dayAfter = (days: number): string =>
  new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10)

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  await rumbo.publish(
    journey('trial', {
      entry: {
        on: [{ date: 'trialEnds', offset: '-P2D', at: '09:00' }],
        reentry: { mode: 'afterExit' },
      },
      steps: ends,
      messages: { hello: mail('Your trial ends on {{ entry.properties.date }}') },
    }),
    journey('birthday', {
      entry: { on: [{ date: 'birthday', yearly: true }], reentry: { mode: 'afterExit' } },
      steps: ends,
      messages: { hello: mail('Born in {{ customer.traits.birthday | slice: 0, 4 }}') },
    }),
    journey('call-back', {
      arbitration: { mode: 'manual', rank: 5 },
      entry: {
        on: [{ api: true, when: "event.properties.topic != 'none'" }],
        reentry: { mode: 'afterExit' },
      },
      steps: ends,
      messages: { hello: mail('About {{ entry.properties.topic }}') },
    }),
  )
})
afterAll(() => rumbo.stop())

const identify = (customer: TestCustomer, traits: Record<string, string>) =>
  rumbo.call('POST', '/v1/identify?wait=handled', {
    userId: customer.userId,
    traits,
    messageId: randomUUID(),
  })

describe('a date', () => {
  test('changed while waiting: the journey starts at the new instant, under a moved clock', async () => {
    const ana = await TestCustomer.create(rumbo)
    await identify(ana, { trialEnds: dayAfter(10) })
    await ana.forward('P4D')
    await identify(ana, { trialEnds: dayAfter(20) })
    await ana.forward('P12D')
    expect(await ana.mails()).toEqual([])
    await ana.forward('P3D')
    expect(await ana.mails()).toEqual([`Your trial ends on ${dayAfter(20)}`])
    expect(await ana.decisions()).toMatchObject([{ cause: { type: 'date', trait: 'trialEnds' } }])
  })

  test('of a journey that is published while the customer sleeps is heard of all the same', async () => {
    const ana = await TestCustomer.create(rumbo)
    await identify(ana, { contractEnds: dayAfter(30) })
    await ana.settle()
    await rumbo.publish(
      journey('contract', {
        entry: { on: [{ date: 'contractEnds', offset: '-P7D' }] },
        steps: ends,
        messages: { hello: mail('Stay with us') },
      }),
    )
    await eventually(
      'the trigger is armed',
      async () => (await ana.state()).dates['contract/0']?.dueAtMs,
    )
    await ana.forward('P25D')
    expect(await ana.mails()).toEqual(['Stay with us'])
  })

  test('of birth: the year is in the mail, and never on the engine', async () => {
    const birthday = `1987${dayAfter(3).slice(4)}`
    const ana = await TestCustomer.create(rumbo)
    await identify(ana, { birthday })
    await ana.forward('P5D')
    expect(await ana.mails()).toEqual(['Born in 1987'])
    expect((await ana.state()).facts.dates).toEqual({ birthday: `-${birthday.slice(4)}` })
    const onEngine = await readEngineTexts(rumbo.client)
    expect(onEngine.filter((text) => text.includes(`-${birthday.slice(4)}`))).not.toEqual([])
    expect(onEngine.filter((text) => text.includes(birthday))).toEqual([])
  })
})

describe('POST /v1/customers/{id}/enter', () => {
  const enter = (customer: TestCustomer, body: object) =>
    rumbo.call('POST', `/v1/customers/${customer.customerId}/enter`, body)

  test('answers the decision, and the customer is in', async () => {
    const ana = await TestCustomer.create(rumbo)
    const { status, body } = await enter(ana, {
      journey: 'call-back',
      properties: { topic: 'tea' },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      customerId: ana.customerId,
      decision: { outcome: 'enter', winner: 'call-back', cause: { event: 'Journey Requested' } },
    })
    await ana.settle()
    expect(await ana.mails()).toEqual(['About tea'])
  })

  test('answers null where no trigger held, and 422 where the journey has none', async () => {
    const ana = await TestCustomer.create(rumbo)
    const none = await enter(ana, { journey: 'call-back', properties: { topic: 'none' } })
    expect(none).toMatchObject({ status: 200, body: { decision: null } })
    expect(await enter(ana, { journey: 'trial' })).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'no_api_trigger', path: '/journey' }] },
    })
    expect(await enter(ana, { journey: 'nowhere' })).toMatchObject({ status: 404 })
  })
})
