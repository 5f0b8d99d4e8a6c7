import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createHttp, type Http } from '../channels/http.ts'
import { startLocalHttp, type LocalHttp } from '../channels/local-http.cases.ts'
import { askReceipts, type ReceiptsAnswer } from '../channels/push/expo-receipts.ts'
import { eraseSlice } from '../db/personal-data.ts'
import { insertTickets } from '../db/push-tickets.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { receiveFeedback, type ReceivedFeedback } from '../operations/receive-feedback.ts'
import { createLog } from '../platform/log.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { startReceiptAsker } from './receipt-asker.ts'

type Receipts = Extract<ReceiptsAnswer, { type: 'answered' }>['receipts']
type Receipt = Receipts extends ReadonlyMap<string, infer Value> ? Value : never

describeOnEachDatabase('what became of notifications', (db) => {
  /** What the provider knows; undefined: it is not to be had. */
  let known: Record<string, Receipt> | undefined
  let asked: (readonly string[])[]
  let received: ReceivedFeedback[]
  let failures: unknown[]
  let storeFails: boolean

  beforeEach(async () => {
    known = {}
    asked = []
    received = []
    failures = []
    storeFails = false
    await db().deleteFrom('push_tickets').execute()
  })
  const keep = (...ticketIds: string[]) =>
    insertTickets(
      db(),
      { deliveryId: 'ada.1.1.push', customerId: 'ada' },
      ticketIds.map((ticketId) => ({ ticketId, token: `token of ${ticketId}` })),
    )
  /** Everything was so much earlier. */
  const wait = (minutes: number) =>
    sql`update push_tickets set due_at = due_at - ${minutes} * interval '1 minute',
      sent_at = sent_at - ${minutes} * interval '1 minute'`.execute(db())
  const round = async () => {
    const asker = startReceiptAsker({
      db: db(),
      ask: async (ticketIds) => {
        asked.push(ticketIds.toSorted())
        if (known === undefined) return { type: 'unavailable', reason: 'http_503', afterMs: 0 }
        return { type: 'answered', receipts: new Map(Object.entries(known)) }
      },
      receive: async (feedback) => {
        if (storeFails) throw new Error('the store is away')
        received.push(feedback)
      },
      onError: (error) => void failures.push(error),
      onUnavailable: ({ reason }) => void failures.push(reason),
      everyMs: 3_600_000,
    })
    await asker.stop()
  }
  const left = async () =>
    (await db().selectFrom('push_tickets').select('ticket_id').orderBy('ticket_id').execute()).map(
      (row) => row.ticket_id,
    )
  const dueInMinutes = async () => {
    const { rows } = await sql<{ n: number }>`
      select round(extract(epoch from due_at - now()) / 60)::int as n from push_tickets`.execute(
      db(),
    )
    return rows.map(({ n }) => n)
  }

  test('is asked for after a quarter of an hour, all at once, and stored once', async () => {
    await keep('t1', 't2')
    await keep('t1')
    await round()
    expect(asked).toEqual([])
    await wait(15)
    const GONE: Receipt = { kind: 'undelivered', permanent: true, reason: 'expo_x' }
    known = { t1: { kind: 'delivered' }, t2: GONE }
    await round()
    await round()
    expect(asked).toEqual([['t1', 't2']])
    const about = { source: 'expo', deliveryId: 'ada.1.1.push' }
    expect(received.toSorted((a) => (a.feedback?.kind === 'delivered' ? -1 : 1))).toEqual([
      {
        ...about,
        feedback: { kind: 'delivered', device: { ticketId: 't1', token: 'token of t1' } },
      },
      { ...about, feedback: { ...GONE, device: { ticketId: 't2', token: 'token of t2' } } },
    ])
    expect(await left()).toEqual([])
  })

  test('is asked for again, ever more rarely, while the provider does not know', async () => {
    await keep('t1')
    for (const minutes of [15, 30, 60]) {
      await wait(await dueInMinutes().then(([n = 0]) => n))
      await round()
      expect(await dueInMinutes()).toEqual([minutes])
    }
    expect(received).toEqual([])
  })

  test('is given up when the provider has forgotten it', async () => {
    await keep('old')
    await wait(24 * 60)
    await keep('young')
    await wait(16)
    await round()
    expect(asked).toEqual([['young']])
    expect(await left()).toEqual(['young'])
  })

  test('is asked for later where the provider is not to be had, and of no more for now', async () => {
    await keep(...Array.from({ length: 150 }, (_, n) => `t${n}`))
    await wait(15)
    known = undefined
    await round()
    expect(failures).toEqual(['http_503'])
    expect(asked).toHaveLength(1)
    expect(await left()).toHaveLength(150)
    known = Object.fromEntries(
      Array.from({ length: 150 }, (_, n) => [`t${n}`, { kind: 'delivered' } as const]),
    )
    await round()
    await wait(15)
    await round()
    expect(received).toHaveLength(150)
    expect(await left()).toEqual([])
  })

  test('is not lost when whoever asks cannot store it, or dies before: the next one asks again', async () => {
    await keep('t1')
    await wait(15)
    known = { t1: { kind: 'delivered' } }
    storeFails = true
    await round()
    expect(failures).toHaveLength(1)
    expect(await left()).toEqual(['t1'])
    storeFails = false
    // Not before it is certain that nobody is at it.
    await round()
    expect(received).toEqual([])
    await wait(2)
    await round()
    expect(received).toHaveLength(1)
    expect(await left()).toEqual([])
  })

  test('is asked for by one of two who ask at once', async () => {
    await keep('t1')
    await wait(15)
    known = { t1: { kind: 'delivered' } }
    await Promise.all([round(), round()])
    expect(received).toHaveLength(1)
  })

  test('of somebody who is forgotten is forgotten too', async () => {
    await keep('t1')
    const person = { customerIds: ['ada'], values: [], emails: [] }
    await db()
      .transaction()
      .execute((trx) => eraseSlice(trx, 'push_tickets', person))
    expect(await left()).toEqual([])
  })
})

describeOnEachDatabase('receipts of Expo, from the wire to the log', (db) => {
  let world: Deliveries
  let expo: LocalHttp
  let http: Http
  beforeEach(async () => {
    world = new Deliveries(db())
    await world.beginWithOne('ada', {
      delivery_id: 'ada.1.1.push',
      channel: 'push',
      to_address: 'one\ntwo',
    })
    const tickets = [
      { ticketId: 't1', token: 'one' },
      { ticketId: 't2', token: 'two' },
    ]
    await insertTickets(db(), { deliveryId: 'ada.1.1.push', customerId: 'ada' }, tickets)
    const gone = { status: 'error', message: 'gone', details: { error: 'DeviceNotRegistered' } }
    const body = JSON.stringify({ data: { t1: { status: 'ok' }, t2: gone } })
    const reply = (status: number) => () => ({ status, body })
    expo = await startLocalHttp({
      take: reply(200),
      refuse: reply(400),
      throttle: reply(429),
      fail: reply(503),
    })
    http = createHttp()
  })
  afterEach(async () => {
    http.close()
    await expo.stop()
  })
  /** One round; whoever `dies` does so when all is stored, and before the tickets are gone. */
  const round = async (dies = false) => {
    await sql`update push_tickets set due_at = now() - interval '1 second'`.execute(db())
    const feedback = {
      db: db(),
      rules: createPublishedRules(),
      now: () => Date.parse('2026-03-02T10:00:00Z'),
      onPending: () => {},
      log: createLog({ level: 'silent' }),
    }
    const settings = { accessToken: 'secret', baseUrl: expo.url }
    const asker = startReceiptAsker({
      db: db(),
      ask: (ticketIds) => askReceipts(http, settings, ticketIds, 1_000),
      receive: async (received) => {
        await receiveFeedback(feedback, received)
        if (dies) throw new Error('killed')
      },
      onError: () => {},
      onUnavailable: () => {},
      everyMs: 3_600_000,
    })
    await asker.stop()
  }
  const outcome = async () => ({
    events: (
      await db().selectFrom('events').select('name').where('type', '=', 'track').execute()
    ).map(({ name }) => name),
    devices: await db()
      .selectFrom('devices')
      .select(['token', 'reason'])
      .orderBy('token')
      .execute(),
    tickets: await db().selectFrom('push_tickets').selectAll().execute(),
  })
  const ONCE = {
    events: ['Push Notification Bounced'],
    devices: [
      { token: 'one', reason: null },
      { token: 'two', reason: 'expo_devicenotregistered' },
    ],
    tickets: [],
  }

  test('remove the device that is gone, and say so once', async () => {
    await round()
    expect(await outcome()).toEqual(ONCE)
    await round()
    expect(expo.calls).toHaveLength(1)
  })

  test.each(['fail for a while', 'throttle', 'break before taking'] as const)(
    'are asked for again of a provider that does "%s"',
    async (conduct) => {
      expo.conduct = conduct
      await round()
      expect(await outcome()).toMatchObject({ events: [], tickets: [{}, {}] })
      expo.conduct = 'take'
      await round()
      expect(await outcome()).toEqual(ONCE)
    },
  )

  test('count once where somebody died who had stored them', async () => {
    await round(true)
    expect(await outcome()).toMatchObject({ events: ONCE.events, tickets: [{}, {}] })
    await round()
    expect(await outcome()).toEqual(ONCE)
    const counts = await db()
      .selectFrom('feedback_counts')
      .select(['kind', 'verdict', 'count'])
      .orderBy('kind')
      .orderBy('verdict')
      .execute()
    expect(counts).toEqual([
      { kind: 'delivered', verdict: 'recorded', count: 1 },
      { kind: 'delivered', verdict: 'repeated', count: 1 },
      { kind: 'undelivered', verdict: 'recorded', count: 1 },
      { kind: 'undelivered', verdict: 'repeated', count: 1 },
    ])
  })
})
