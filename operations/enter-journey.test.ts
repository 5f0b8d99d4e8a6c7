import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { DomainError } from '../domain/errors.ts'
import { REQUEST_EVENT } from '../domain/journeys/requested-entry.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { enterJourney } from './enter-journey.ts'
import { parseEvent } from './parse-event.ts'
import { publishJourney } from './publish-journey.ts'
import { createPublishedRules } from './published-rules.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('enterJourney', (db) => {
  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    for (const definition of [
      journey('asked', { entry: { on: [{ api: true }], when: "has('phone')" } }),
      journey('welcome'),
    ])
      await publishJourney(
        { db: db(), nowMs: () => NOW_MS },
        { keyId: null, definition, note: null },
      )
  })
  const woken: string[] = []
  const enter = async (customerId: string, name: string, properties = {}) =>
    enterJourney(
      {
        db: db(),
        rules: createPublishedRules(),
        now: () => NOW_MS,
        onPending: (ids) => void woken.push(...ids),
      },
      { customerId, journey: name, properties, keyId: 'k' },
    )
  const newCustomer = async (): Promise<string> => {
    const { accept } = createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} })
    const event = {
      type: 'identify',
      messageId: randomUUID(),
      userId: randomUUID(),
      historical: false,
    } as const
    return (await accept([event]))[0]!.customerId
  }
  const requestsOf = (customerId: string) =>
    db()
      .selectFrom('events')
      .select(['seq', 'type', 'name', 'properties', 'facts', 'status'])
      .where('customer_id', '=', customerId)
      .where('name', 'is not', null)
      .orderBy('seq')
      .execute()
  const refusalOf = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => null,
      (thrown: unknown) => thrown,
    )
    if (!(error instanceof DomainError)) throw error
    return [error.code, ...error.findings.map(({ code, path }) => `${code} ${path}`)]
  }

  test('appends an event that names the journey; the first one says what is known', async () => {
    const customerId = await newCustomer()
    const { seq } = await enter(customerId, 'asked', { code: 'a' })
    expect(await requestsOf(customerId)).toEqual([
      {
        seq,
        type: 'track',
        name: REQUEST_EVENT,
        properties: { code: 'a', journey: 'asked' },
        facts: { known: true, zone: 'UTC' },
        status: 'pending',
      },
    ])
    expect(woken).toContain(customerId)
    await enter(customerId, 'asked')
    expect((await requestsOf(customerId)).at(-1)?.facts).toBeNull()
    const commands = await db()
      .selectFrom('commands')
      .select(['action', 'after'])
      .where('target', '=', `customer/${customerId}`)
      .execute()
    expect(commands[0]).toEqual({ action: 'customer.enter', after: { journey: 'asked' } })
  })

  describe('refuses, and writes nothing', () => {
    test.each([
      ['a journey that nobody published', 'nowhere', {}, ['not_found']],
      ['one without the trigger', 'welcome', {}, ['unacceptable', 'no_api_trigger /journey']],
      [
        'properties that say the journey themselves',
        'welcome',
        { journey: 'x' },
        ['unacceptable', 'reserved_property /properties/journey', 'no_api_trigger /journey'],
      ],
      ['more than an event may hold', 'asked', { text: 'x'.repeat(33_000) }, ['too_large']],
    ])('%s', async (_what, name, properties, refusal) => {
      const customerId = await newCustomer()
      expect(await refusalOf(enter(customerId, name, properties))).toEqual(refusal)
      expect(await requestsOf(customerId)).toEqual([])
    })

    test('a customer whom nobody knows', async () => {
      expect(await refusalOf(enter('nobody', 'asked'))).toEqual(['not_found'])
    })

    test('a journey of which no version is live', async () => {
      const customerId = await newCustomer()
      await db()
        .updateTable('journey_versions')
        .set({ status: 'closed' })
        .where('key', '=', 'asked')
        .execute()
      const refused = await refusalOf(enter(customerId, 'asked'))
      await db()
        .updateTable('journey_versions')
        .set({ status: 'live' })
        .where('key', '=', 'asked')
        .execute()
      expect(refused).toEqual(['unacceptable', 'not_live /journey'])
    })
  })
})

test('nobody gets in by an event of that name from outside', () => {
  const body = {
    type: 'track',
    userId: 'u',
    event: REQUEST_EVENT,
    properties: { journey: 'asked' },
  }
  expect(parseEvent(body).findings).toMatchObject([{ code: 'reserved_event', path: '/event' }])
})
