import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startSmtpSink, type SmtpSink } from '../support/smtp-sink.ts'
import { TestCustomer } from '../support/test-customer.ts'

/** From the answer to the last channel call that it forbids (design §8). */
const IN_FORCE_WITHIN_MS = 1_000
const AT_ONCE = 20

let rumbo: TestRumbo
let smtp: SmtpSink
/** When each mail of `smtp.taken` was there. */
const takenAtMs: number[] = []
/** Customers whose sends stand still in the worker, right before it looks at SQL, until the promise. */
const gates = new Map<string, { reached: () => void; opens: Promise<void> }>()

beforeAll(async () => {
  smtp = await startSmtpSink(() => takenAtMs.push(Date.now()) > 0)
  rumbo = await startTestRumbo(await connectEmbedded(), {
    smtpUrl: smtp.url,
    beforeSend: async ({ customerId }) => {
      const gate = gates.get(customerId)
      gate?.reached()
      await gate?.opens
    },
  })
  await rumbo.publish(
    // Kept where it loses: somebody who is excluded enters when the exclusion ends.
    journey('welcome', { steps: mailsAndWaits('P2D'), queueFor: 'P7D' }),
    journey('order', {
      class: 'service',
      arbitration: { mode: 'manual', rank: 900 },
      entry: { on: [{ event: 'Order Completed' }] },
      steps: mailsAndWaits('P1D'),
    }),
  )
  const policy = { exclusions: [{ preset: 'complaintOpen' }] }
  expect((await rumbo.call('PUT', '/v1/contact-policy', policy)).status).toBeLessThan(300)
})
afterAll(async () => {
  await rumbo.stop()
  await smtp.stop()
})

const case1 = { complaint_id: 'c1' }

/** Lets a send come as far as the worker, and no further until `open` is called. */
async function standStill(ana: TestCustomer, event: string): Promise<() => void> {
  const began = Promise.withResolvers<void>()
  const opens = Promise.withResolvers<void>()
  gates.set(ana.customerId, { reached: began.resolve, opens: opens.promise })
  await ana.track(event)
  await began.promise
  return () => {
    gates.delete(ana.customerId)
    opens.resolve()
  }
}
const takenOf = (ana: TestCustomer): string[] =>
  smtp.taken.filter((deliveryId) => deliveryId.startsWith(ana.customerId))

test('row 6: a complaint in a wait: marketing is held, service goes on, its end is arbitrated', async () => {
  const ana = await TestCustomer.create(rumbo)
  await ana.track('Signed Up')
  await ana.settle()
  await ana.track('Complaint Opened', case1)
  expect((await ana.page()) as object).toMatchObject({
    exclusions: [{ exclusionId: 'complaintOpen:c1', reason: 'complaintOpen', until: null }],
  })
  await ana.forward('P3D')
  expect(await ana.mails()).toEqual(['welcome'])
  await ana.track('Order Completed')
  await ana.forward('P1DT1H')
  expect(await ana.mails()).toEqual(['welcome', 'order', 'order bye'])

  await ana.track('Complaint Closed', case1)
  await ana.settle()
  expect(await ana.mails()).toEqual(['welcome', 'order', 'order bye', 'welcome bye'])
  expect((await ana.timeline('decision')).map(({ summary }) => summary)).toContainEqual(
    expect.stringContaining('end of the exclusion complaintOpen'),
  )
  expect((await ana.timeline('exclusion')).map(({ summary }) => summary)).toEqual([
    'excluded: complaintOpen',
    'no longer excluded: complaintOpen',
  ])
})

test('row 6: a complaint between decision and send: not sent; sent once after it is closed', async () => {
  const ana = await TestCustomer.create(rumbo)
  const open = await standStill(ana, 'Signed Up')
  await ana.track('Complaint Opened', case1)
  open()
  await ana.settle()
  expect(await ana.mails()).toEqual([])
  await ana.track('Complaint Closed', case1)
  await ana.forward('PT1M')
  expect(await ana.mails()).toEqual(['welcome'])
})

test('row 6: one by hand between decision and send: not sent, and sent when it is released', async () => {
  const ana = await TestCustomer.create(rumbo)
  const open = await standStill(ana, 'Signed Up')
  const path = `/v1/customers/${ana.customerId}/exclusions`
  const { status, body } = await rumbo.call('POST', path, { reason: 'press', source: 'test' })
  expect(status).toBe(201)
  open()
  await ana.settle()
  expect(await ana.mails()).toEqual([])
  await rumbo.call('DELETE', `${path}/${body['exclusionId'] as string}`)
  await ana.forward('PT1M')
  expect(await ana.mails()).toEqual(['welcome'])
})

test('row 6: in force within a second, measured from the answer, with many at once', async () => {
  const all = await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, at) => {
      const to = `many-${at}@example.com`
      return TestCustomer.create(rumbo, { traits: { email: to }, deliverTo: to })
    }),
  )
  const answeredAtMs = await Promise.all(
    all.map(async (ana, at) => {
      await rumbo.track(ana.userId, 'Signed Up')
      await sleep(at * 15)
      await rumbo.track(ana.userId, 'Complaint Opened', case1)
      return Date.now()
    }),
  )
  await Promise.all(all.map((ana) => ana.settle()))
  for (const [at, ana] of all.entries()) {
    const instants = smtp.taken.flatMap((deliveryId, place) =>
      deliveryId.startsWith(ana.customerId) ? [takenAtMs[place] ?? 0] : [],
    )
    expect(Math.max(0, ...instants)).toBeLessThanOrEqual(
      (answeredAtMs[at] ?? 0) + IN_FORCE_WITHIN_MS,
    )
  }
  for (const ana of all) await rumbo.track(ana.userId, 'Complaint Closed', case1)
  await eventually('everybody has the mail', async () => {
    await Promise.all(all.map((ana) => ana.forward('PT1M')))
    return all.every((ana) => takenOf(ana).length === 1)
  })
})
