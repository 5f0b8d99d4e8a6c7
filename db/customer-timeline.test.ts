import { sql, type Kysely } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../domain/customers/lifecycle-rules.ts'
import { playStory, type Story } from '../domain/play-story.ts'
import type { SimulatedLife } from '../domain/simulated-life.ts'
import { deliveriesOf, timelineOfLife } from '../domain/simulated-records.ts'
import { publishedAs } from '../domain/simulation.ts'
import type { LifeEvent } from '../domain/simulated-life.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'
import { appendConsentHistory } from './consents.ts'
import { listTimeline, type TimelineRow } from './customer-timeline.ts'
import { insertDecision } from './decisions.ts'
import type { Database } from './schema.ts'
import { writeTurnRecord } from './turn-records.ts'

const T0 = Date.parse('2026-03-02T08:00:00Z')
const HOUR_MS = 3_600_000

/** Many steps in one instant, so that what shares an instant has to be ordered: more than nine visits. */
const chatty = journey('chatty', {
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  start: 's1',
  steps: {
    ...Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [
        `s${index + 1}`,
        { type: 'message' as const, message: 'hello', next: `s${index + 2}` },
      ]),
    ),
    s12: { type: 'update', set: { greeted: true }, next: 's13' },
    s13: { type: 'exit' },
  },
  messages: { hello: mail('{{ customer.traits.missing }}') },
})
const calm = journey('calm', {
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  arbitration: { mode: 'manual', rank: 1 },
})

const at = (hours: number) => ({ atMs: T0 + hours * HOUR_MS })
const track = (hours: number, event: string): LifeEvent => ({
  ...at(hours),
  type: 'track',
  event,
  properties: { empty: null, nested: { empty: null } },
  historical: false,
})
const story: Story = {
  customerId: 'c1',
  known: true,
  zone: 'Europe/Madrid',
  createdAtMs: T0,
  answers: {},
  untilMs: T0 + 900 * HOUR_MS,
  events: [
    { ...at(0), type: 'identify', traits: { email: 'a@example.com', city: null } },
    ...['email', 'webhook'].map((channel): LifeEvent => {
      const given = { purpose: 'marketing', granted: true, source: 'form' }
      return { ...at(0), type: 'consent', channel, ...given }
    }),
    // Ten runs, then an eleventh: their numbers are no text.
    ...Array.from({ length: 11 }, (_, index) => track(index + 1, 'Signed Up')),
    track(20, 'Page Viewed'),
    track(21, 'Order Completed'),
    { ...at(22), type: 'exit', journey: null, reason: 'asked' },
    {
      ...at(23),
      type: 'consent',
      purpose: 'marketing',
      channel: 'email',
      granted: false,
      source: 'mail',
    },
  ],
}

describeOnEachDatabase('listTimeline', (db) => {
  let life: SimulatedLife
  beforeAll(async () => {
    const versions = [chatty, calm].map((each) => ({
      journey: each,
      version: 1,
      hash: each.key,
      live: true,
    }))
    const rules = publishedAs(versions, { lifecycle: DEFAULT_LIFECYCLE_RULES })
    life = playStory(story, { rules, versions }).life
    await store(db(), life)
  })

  const list = (limit: number, after?: TimelineRow) =>
    listTimeline(db(), { customerId: 'c1', limit, after })
  const plain = ({ at: instant, ...row }: TimelineRow) => ({ ...row, atMs: instant.getTime() })

  test('gives the lines of the pure timeline, in its order', async () => {
    const lines = (await list(1_000)).map(plain)
    expect(lines).toEqual(timelineOfLife(life))
    const kinds = new Set(lines.map(({ kind }) => kind))
    for (const kind of ['event', 'consent', 'lifecycle', 'decision', 'run', 'step', 'delivery'])
      expect(kinds).toContain(kind)
  })

  test('page by page the same', async () => {
    const lines: TimelineRow[] = []
    for (;;) {
      const page = await list(7, lines.at(-1))
      lines.push(...page)
      if (page.length < 7) break
    }
    expect(lines.map(plain)).toEqual(timelineOfLife(life))
  })
})

/** Writes what a life made as ingest and the activities do, with the numbers that it has. */
async function store(db: Kysely<Database>, life: SimulatedLife): Promise<void> {
  await db
    .insertInto('customers')
    .values({ customer_id: 'c1', test: true, created_at: new Date(T0) })
    .execute()
  for (const event of life.events) {
    const { seq, messageId, type, name, historical, handling } = event
    await sql`
      insert into events (seq, message_id, customer_id, type, name, properties, traits, historical,
        occurred_at, received_at, status)
      overriding system value
      values (${seq}, ${messageId}, 'c1', ${type}, ${name}, ${JSON.stringify(event.properties)}::jsonb,
        ${event.traits && JSON.stringify(event.traits)}::jsonb, ${historical},
        ${new Date(event.occurredAtMs)}, ${new Date(event.receivedAtMs)}, ${handling})`.execute(db)
  }
  for (const { purpose, channel, number: _, ...statement } of life.consents) {
    const key = { customerId: 'c1', purpose, channel }
    await db
      .transaction()
      .execute((trx) => appendConsentHistory(trx, key, { statement, importKey: null }))
  }
  for (const taken of life.decisions) await insertDecision(db, taken)
  for (const record of life.records) await writeTurnRecord(db, record, null)
  for (const { atMs, runId, deliveryId, ...delivery } of deliveriesOf(life))
    await db
      .insertInto('deliveries')
      .values({
        ...delivery,
        delivery_id: deliveryId,
        customer_id: 'c1',
        run_id: runId,
        class: null,
        to_address: null,
        at: new Date(atMs),
      })
      .onConflict((oc) => oc.doNothing())
      .execute()
}
