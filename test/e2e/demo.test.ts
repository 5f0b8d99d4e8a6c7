import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { demoCustomers, readRetailExtract } from '../../dev/demo/customers.ts'
import { playGovernance } from '../../dev/demo/governance.ts'
import { readDemoJourneys } from '../../dev/demo/journeys.ts'
import { followedUntilMs } from '../../dev/demo/live.ts'
import { playCustomer } from '../../dev/demo/play.ts'
import { createRumboClient, type RumboClient } from '../../dev/demo/rumbo-client.ts'
import { publishJourneys, runDemo, type DemoProgress } from '../../dev/demo/run-demo.ts'
import { readEngineTexts } from '../support/engine-texts.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

/**
 * A switch, a queue, a return and a birthday in one life; a sale an hour after a series has ended;
 * a return in the minute of a purchase, and nobody's yes; one moved on until *at risk*.
 */
const CAST = ['17334', '15516', '14126', '17394']
/** Once more, with those of the first run still there. */
const CAST_AGAIN = ['17334']
/** From the instant at which a mail is due to the one at which a busy machine has sent it. */
const SENT_MS_MAX = 60_000

const journeys = readDemoJourneys()
let rumbo: TestRumbo
let client: RumboClient

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  const key = await rumbo.call('POST', '/v1/keys', {
    name: 'demo',
    scopes: ['ingest', 'read', 'publish', 'operate'],
  })
  client = createRumboClient({ url: rumbo.url, key: key.body['secret'] as string })
})
afterAll(() => rumbo.stop())

async function run(runId: string, cast: readonly string[]) {
  const customers = demoCustomers(readRetailExtract(), { nowMs: Date.now() + 3_600_000, runId })
  const progress: DemoProgress[] = []
  await publishJourneys(client, journeys)
  const outcomes = await runDemo(client, {
    journeys,
    customers: customers.filter(({ sourceId }) => cast.includes(sourceId)),
    sideBySide: CAST.length,
    onProgress: (now) => progress.push(now),
  })
  return { outcomes, progress }
}

test('real customers live through their weeks on the engine as under a virtual clock, every time', async () => {
  for (const [runId, cast] of Object.entries({ first: CAST, second: CAST_AGAIN })) {
    const { outcomes, progress } = await run(runId, cast)
    expect(outcomes).toHaveLength(cast.length)
    for (const { customer, differences, deliveries } of outcomes) {
      expect(differences, `${runId} ${customer.sourceId}`).toEqual([])
      const planned = playCustomer(journeys, customer, followedUntilMs(customer)).deliveries
      const sent = deliveries.filter(({ status }) => status === 'sent').toReversed()
      expect(sent.map(({ journey }) => journey)).toEqual(planned.map(({ journey }) => journey))
      for (const [index, { nowMs }] of planned.entries()) {
        const lateMs = Date.parse(sent[index]?.at ?? '') - nowMs
        expect(lateMs).toBeGreaterThanOrEqual(0)
        expect(lateMs).toBeLessThan(SENT_MS_MAX)
      }
    }
    const mails = outcomes.flatMap(({ deliveries }) => deliveries)
    expect(progress.at(-1)).toEqual({
      done: cast.length,
      of: cast.length,
      days: [],
      mails: mails.filter(({ status }) => status === 'sent').length,
    })
  }
})

test('a complaint, a stop and a capacity keep back what they are to, and nothing is lost or doubled', async () => {
  const { complaint, stop, capacity } = await playGovernance(client, 'governed')
  expect(complaint).toEqual({ sentWhileOpen: 0, held: 1, sentWhenClosed: 1 })
  expect(stop).toMatchObject({
    sentTwoSecondsLater: 0,
    parked: stop.customers - stop.sentBefore,
    sentInTheEnd: stop.customers,
    twice: 0,
  })
  expect(Object.fromEntries(capacity.sentFirst)).toEqual({ 10: 0, 20: 1, 30: 4 })
  expect(capacity.sentInTheEnd).toBe(capacity.customers)
})

test("none of the demo's names, addresses and ids is on the engine or in the log", async () => {
  const people = demoCustomers(readRetailExtract(), { nowMs: Date.now(), runId: 'first' }).filter(
    ({ sourceId }) => CAST.includes(sourceId),
  )
  const personal = people.flatMap(({ userId, traits }) =>
    [userId, traits.email, traits.firstName, traits.lastName].map(String),
  )
  const isPersonal = (text: string): boolean =>
    personal.some((each) => new RegExp(`\\b${each.replaceAll('.', '\\.')}\\b`).test(text))
  const mails = await rumbo.db.selectFrom('outbox').select('raw').execute()
  expect(
    mails.some(({ raw }) => isPersonal(raw)),
    'what is looked for is what the mails hold',
  ).toBe(true)
  expect((await readEngineTexts(rumbo.client)).filter(isPersonal)).toEqual([])
  expect(rumbo.readLog().split('\n').filter(isPersonal)).toEqual([])
})
