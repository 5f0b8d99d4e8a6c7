import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { Journey } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { createEventAcceptor } from './accept-events.ts'
import { createDateAnnouncer } from './announce-dates.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'
import { createPublishedRules } from './published-rules.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('journeys on a date', (db) => {
  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
  })
  const publish = (definition: Journey) =>
    publishJourney({ db: db(), nowMs: () => NOW_MS }, { keyId: null, definition, note: null })
  const announcer = () =>
    createDateAnnouncer({ db: db(), rules: createPublishedRules(), now: () => NOW_MS })
  const tellAll = async (dates = announcer()): Promise<string[]> => {
    const told = await dates.next()
    while (!dates.isDone()) told.push(...(await dates.next()))
    return told
  }
  const newCustomer = async (traits: JsonObject, event?: string): Promise<string> => {
    const { accept } = createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} })
    const userId = randomUUID()
    const who = { userId, historical: false }
    const identified = { ...who, type: 'identify', messageId: randomUUID(), traits } as const
    const tracked = { ...who, type: 'track', messageId: randomUUID(), event: event ?? '' } as const
    const accepted = await accept(event === undefined ? [identified] : [identified, tracked])
    return accepted[0]!.customerId
  }
  const rulesOf = (customerId: string) =>
    db()
      .selectFrom('events')
      .select(['facts', 'status', 'name'])
      .where('customer_id', '=', customerId)
      .where('type', '=', 'rules')
      .execute()
  const renewal = (trait: string, value: number): Journey =>
    journey(`renewal-${trait}`, {
      entry: { on: [{ date: trait, offset: '-P7D' }] },
      arbitration: { mode: 'auto', value },
    })

  test('reach those who have such a date and sleep, or were never heard of; nobody twice', async () => {
    const trait = `renewal${randomUUID().slice(0, 8)}`
    const asleep = await newCustomer(
      { email: 'a@example.com', [trait]: '2026-12-20' },
      'Order Completed',
    )
    const unheard = await newCustomer({ [trait]: '2026-12-24' })
    const unreadable = await newCustomer({ [trait]: 'soon' }, 'Order Completed')
    const without = await newCustomer({ plan: 'gold' }, 'Order Completed')
    await publish(renewal(trait, 1))
    const told = await tellAll()
    expect(told).toEqual(expect.arrayContaining([asleep, unheard]))
    expect(told).not.toContain(unreadable)
    expect(told).not.toContain(without)
    expect(await rulesOf(asleep)).toEqual([{ facts: {}, status: 'pending', name: null }])
    expect(await rulesOf(unheard)).toMatchObject([
      { facts: { dates: { [trait]: '2026-12-24' }, known: true, zone: 'UTC' } },
    ])
    expect(await tellAll()).toEqual([])
    expect(await rulesOf(asleep)).toHaveLength(1)
  })

  test('are told again when they change, and not by other publications', async () => {
    const trait = `renewal${randomUUID().slice(0, 8)}`
    const customerId = await newCustomer({ [trait]: '2026-12-20' }, 'Order Completed')
    const dates = announcer()
    await publish(renewal(trait, 1))
    expect(await tellAll(dates)).toContain(customerId)
    await publish(journey(`other-${randomUUID()}`))
    expect(await tellAll(dates)).toEqual([])
    await publish(renewal(trait, 2))
    expect(await tellAll(dates)).toContain(customerId)
  })
})
