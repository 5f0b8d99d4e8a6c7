import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { sql } from 'kysely'
import { sumTouchpoints } from '../db/touchpoint-counts.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import type { JsonObject } from '../domain/json.ts'
import { journey } from '../test/support/journeys.ts'
import { countAudience } from './count-audience.ts'
import { publishJourney } from './publish-journey.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { createPublishedRules } from './published-rules.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 10, 28, 12)

describeOnEachDatabase('where events come from', (db) => {
  const rules = createPublishedRules()
  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(() => db().deleteFrom('touchpoint_counts').execute())

  const accept = (atMs: number, ...events: Partial<IncomingEvent>[]) =>
    createEventAcceptor({ db: db(), rules, now: () => atMs, onPending: () => {} }).accept(
      events.map((event) => ({
        type: 'track',
        messageId: randomUUID(),
        userId: 'ada',
        historical: false,
        ...event,
      })),
    )
  const sums = (sinceMs = NOW_MS) =>
    sumTouchpoints(db(), { since: new Date(sinceMs), rememberedFrom: new Date(0) })
  const from = (source: string, channel?: string) => ({
    context: { source, ...(channel === undefined ? {} : { channel }) },
  })

  test('is kept with them', async () => {
    const visit = {
      messageId: randomUUID(),
      event: 'Store Visited',
      ...from('store', 'main_street'),
    }
    await accept(NOW_MS, visit)
    const stored = await db()
      .selectFrom('events')
      .select(['source', 'channel'])
      .where('message_id', '=', visit.messageId)
      .execute()
    expect(stored).toEqual([{ source: 'store', channel: 'main_street' }])
  })

  test('is counted by day, channel and name, across processes', async () => {
    const sale = { event: 'Order Completed' }
    await accept(NOW_MS - DAY_MS, { ...sale, ...from('pos', 'till_1') })
    await Promise.all([
      accept(NOW_MS, { ...sale, ...from('pos', 'till_1') }, { ...sale, ...from('pos', 'till_2') }),
      accept(NOW_MS + 1, { ...sale, ...from('pos', 'till_1') }),
      accept(NOW_MS, { event: 'Order Refunded', ...from('pos', 'till_1') }),
    ])
    const lastSeenAt = new Date(NOW_MS + 1)
    expect(await sums()).toEqual([
      {
        source: 'pos',
        channel: 'till_1',
        days: ['2026-11-27', '2026-11-28'],
        lastSeenAt,
        events: [
          { event: 'Order Completed', count: 2, lastSeenAt: lastSeenAt.toISOString() },
          { event: 'Order Refunded', count: 1, lastSeenAt: new Date(NOW_MS).toISOString() },
        ],
      },
      expect.objectContaining({ source: 'pos', channel: 'till_2', days: ['2026-11-28'] }),
    ])
    const [first] = await sums(NOW_MS - DAY_MS)
    expect(first?.events[0]).toMatchObject({ event: 'Order Completed', count: 3 })
  })

  test('is unknown where nobody says it; calls without a name count by the call', async () => {
    await accept(NOW_MS, { type: 'identify', traits: { plan: 'gold' } }, { event: 'Signed Up' })
    expect(await sums()).toMatchObject([
      {
        source: 'unknown',
        channel: '',
        events: [
          { event: 'Signed Up', count: 1 },
          { event: 'identify', count: 1 },
        ],
      },
    ])
  })

  test('does not count what was stored before, nor what we say ourselves', async () => {
    const event = { messageId: randomUUID(), event: 'Signed Up', ...from('web') }
    await accept(NOW_MS, event, event)
    await accept(NOW_MS, event)
    await accept(NOW_MS, { type: 'identify', traits: { plan: 'gold' }, ...from('data-quality') })
    expect(await sums()).toMatchObject([{ source: 'web', events: [{ count: 1 }] }])
  })

  test('is heard by an actor once a day and touchpoint, and by none while no rule asks', async () => {
    const userId = randomUUID()
    const visit = (name: string, atMs: number, source: string) =>
      accept(atMs, { userId, event: name, ...from(source) }).then(([answer]) => answer?.status)
    expect(await visit('Looked', NOW_MS, 'web')).toBe('filtered')

    await publishJourney(
      { db: db(), nowMs: () => NOW_MS },
      {
        keyId: null,
        definition: journey('asks', {
          entry: { on: [{ event: 'Asked' }], when: "touchpoints('P14D') >= 2" },
        }),
        note: null,
      },
    )
    const statuses = []
    for (const [atMs, source] of [
      [NOW_MS + 1_000, 'web'],
      [NOW_MS + 2_000, 'pos'],
      [NOW_MS + 3_000, 'pos'],
      [NOW_MS + DAY_MS, 'pos'],
      [NOW_MS + DAY_MS + 1_000, 'pos'],
    ] as const)
      statuses.push(await visit('Looked', atMs, source))
    expect(statuses).toEqual(['filtered', 'pending', 'filtered', 'pending', 'filtered'])

    const { rows } = await sql<{ facts: JsonObject | null }>`
      select e.facts from events e join identities i on i.customer_id = e.customer_id
      where i.value = ${userId} and e.facts is not null order by e.seq`.execute(db())
    expect(rows.map(({ facts }) => facts?.['traits'])).toEqual([
      { touchpoints_seen: { pos: '2026-11-28', web: '2026-11-28' } },
      { touchpoints_seen: { pos: '2026-11-29', web: '2026-11-28' } },
    ])
    const matching = async (when: string) =>
      (await countAudience(db(), { when, nowMs: NOW_MS + 14 * DAY_MS })).matching
    expect(await matching("touchpoints('P14D') == 2")).toBe(1)
    expect(await matching("touchpoints('P13D') == 1")).toBe(1)
  })
})
