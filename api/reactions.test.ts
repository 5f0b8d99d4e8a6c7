import { beforeEach, describe, expect, test } from 'vitest'
import type { Insertable } from 'kysely'
import type { Database } from '../db/schema.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

type Row = Partial<Insertable<Database['deliveries']>>

const at = (instant: string): Date => new Date(`2026-11-${instant}:00Z`)
const LATER = at('20T12:00')
const WINDOW = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z'

interface Group extends Readonly<Record<string, unknown>> {
  readonly sent: number
  readonly opened: { readonly count: number; readonly of: number; readonly rate: number | null }
}

describeOnEachDatabase('GET /v1/reports/reactions', (db) => {
  let api: TestApi
  let sent = 0
  beforeEach(async () => {
    await db().deleteFrom('deliveries').execute()
    await db().deleteFrom('customers').execute()
    for (const [customerId, test] of [
      ['ada', false],
      ['probe', true],
    ] as const)
      await db()
        .insertInto('customers')
        .values({ customer_id: customerId, test, traits: '{}', created_at: at('01T00:00') })
        .execute()
    api = await createTestApi(db())
  })
  /** A followed mail of class marketing that went out, but for what the row says. */
  const send = async (...rows: Row[]): Promise<void> => {
    for (const row of rows)
      await db()
        .insertInto('deliveries')
        .values({
          delivery_id: `d${++sent}`,
          customer_id: 'ada',
          run_id: 'r',
          journey: 'welcome',
          version: 1,
          step: 'hello',
          message: 'hello',
          channel: 'email',
          class: 'marketing',
          status: 'sent',
          followed: true,
          at: at('10T09:00'),
          ...row,
        })
        .execute()
  }
  const ask = async (query: string): Promise<Group[]> => {
    const answer = await api.request(`GET /v1/reports/reactions?${WINDOW}&${query}`)
    expect(answer.status).toBe(200)
    return ((await answer.json()) as { data: Group[] }).data
  }
  const only = async (query = 'by=channel'): Promise<Group> => {
    const [group, ...others] = await ask(query)
    expect(others).toEqual([])
    if (group === undefined) throw new Error('There is no group.')
    return group
  }

  test('says of what each rate is, and how sure it is', async () => {
    await send(
      { opened_at: LATER, clicked_at: LATER },
      { opened_at: LATER, complained_at: LATER },
      { machine_opened_at: LATER, unsubscribed_at: LATER },
      { bounced_at: LATER },
      {},
    )
    expect(await only()).toMatchObject({
      channel: 'email',
      journey: null,
      sent: 5,
      delivered: 4,
      bounced: { count: 1, of: 5, rate: 0.2 },
      complained: { count: 1, of: 4, rate: 0.25 },
      unsubscribed: { count: 1, of: 4, rate: 0.25 },
      opened: { count: 2, of: 4, rate: 0.5, low: 0.150039, high: 0.849961 },
      machineOpened: { count: 1, of: 4 },
      clicked: { count: 1, of: 4, rate: 0.25 },
      clickedOfOpened: { count: 1, of: 2, rate: 0.5 },
    })
  })

  test('takes whoever clicked for somebody who opened, so that no rate is above 1', async () => {
    await send({ clicked_at: LATER }, { bounced_at: LATER, opened_at: LATER })
    expect(await only()).toMatchObject({
      opened: { count: 1, of: 1 },
      clickedOfOpened: { count: 1, of: 1, rate: 1, high: 1 },
    })
  })

  test('has no rate of opens where nobody would know of them, and none of bounces but for mails', async () => {
    await send({ followed: false, opened_at: LATER }, { channel: 'webhook', followed: false })
    const [mail, call] = await ask('by=channel')
    expect(mail).toMatchObject({ opened: { count: 0, of: 0, rate: null, low: null, high: null } })
    expect(call).toMatchObject({
      channel: 'webhook',
      delivered: 1,
      bounced: { of: 0, rate: null },
      complained: { of: 0, rate: null },
      unsubscribed: { of: 1, rate: 0 },
    })
  })

  test('knows of texts and notifications what reports said, and nothing of the others', async () => {
    const text: Row = { channel: 'sms', followed: false }
    await send(
      { ...text, delivered_at: LATER },
      { ...text, delivered_at: LATER, bounced_at: LATER },
      { ...text, bounced_at: LATER },
      text,
      { channel: 'push', followed: false },
    )
    const [notification, texts] = await ask('by=channel')
    expect(texts).toMatchObject({
      channel: 'sms',
      sent: 4,
      delivered: 3,
      bounced: { count: 1, of: 3 },
      confirmed: { count: 2, of: 3 },
      complained: { of: 0, rate: null },
    })
    expect(notification).toMatchObject({
      delivered: 1,
      bounced: { of: 0, rate: null },
      confirmed: { of: 0, rate: null },
    })
  })

  test('counts what was sent, on the day it was sent in UTC, and no test customers', async () => {
    await send(
      { at: at('10T23:59'), opened_at: LATER },
      { at: at('11T00:00') },
      { customer_id: 'probe' },
      { status: 'dropped' },
      { at: new Date('2026-12-01T00:00:00Z') },
    )
    expect((await ask('by=day')).map(({ day, opened }) => [day, opened.count])).toEqual([
      ['2026-11-10', 1],
      ['2026-11-11', 0],
    ])
  })

  test('shows what may have gone out beside what was sent, and in no rate', async () => {
    await send(
      { opened_at: LATER },
      { status: 'unknown', bounced_at: LATER, opened_at: LATER, unsubscribed_at: LATER },
      { status: 'unknown', customer_id: 'probe' },
      { status: 'unknown', message: 'bye', clicked_at: LATER },
    )
    const none = { count: 0, of: 0, rate: null }
    expect(await ask('by=message')).toMatchObject([
      { message: 'bye', sent: 0, unknown: 1, delivered: 0, clicked: none, bounced: none },
      {
        message: 'hello',
        sent: 1,
        unknown: 1,
        delivered: 1,
        bounced: { count: 0, of: 1 },
        unsubscribed: { count: 0, of: 1 },
        opened: { count: 1, of: 1 },
      },
    ])
  })

  test('tells versions and messages apart, and variants that were met on the way', async () => {
    await send(
      { version: 1, variants: ['tone:warm', 'offer:a'], opened_at: LATER },
      { version: 2, variants: ['tone:dry', 'offer:a'] },
      { version: 2, message: 'bye' },
      { journey: 'news', channel: 'webhook', followed: false },
    )
    const shown = async (query: string, ...names: string[]) =>
      (await ask(query)).map((group) => [...names.map((name) => group[name]), group.sent])
    expect(await shown('by=version', 'journey', 'version', 'message')).toEqual([
      ['news', 1, null, 1],
      ['welcome', 1, null, 1],
      ['welcome', 2, null, 2],
    ])
    expect(await shown('journey=welcome', 'message', 'version')).toEqual([
      ['bye', null, 1],
      ['hello', null, 2],
    ])
    expect(await shown('by=variant', 'variant', 'message')).toEqual([
      ['offer:a', 'hello', 2],
      ['tone:dry', 'hello', 1],
      ['tone:warm', 'hello', 1],
    ])
    expect(await shown('by=day&journey=welcome&version=2&message=hello&channel=email')).toEqual([
      [1],
    ])
    expect(await shown('by=day&channel=webhook')).toEqual([[1]])
  })

  describe('refuses', () => {
    test.each([
      ['from=2026-12-01T00:00:00Z&to=2026-11-01T00:00:00Z', 422],
      ['from=2024-12-01T00:00:00Z&to=2026-11-01T00:00:00Z', 422],
      ['by=weather', 400],
      ['mesage=hello', 400],
    ])('%s', async (query, status) => {
      expect((await api.request(`GET /v1/reports/reactions?${query}`)).status).toBe(status)
    })
  })

  test('looks at 28 days where no window is named', async () => {
    const answer = await api.request('GET /v1/reports/reactions')
    const { from, to } = (await answer.json()) as { from: string; to: string }
    expect(Date.parse(to) - Date.parse(from)).toBe(28 * 86_400_000)
  })
})
