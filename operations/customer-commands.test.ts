import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import { exitCustomer } from './exit-customer.ts'
import { createPublishedRules } from './published-rules.ts'
import { setConsent } from './set-consent.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('commands on a customer', (db) => {
  beforeAll(async () => {
    await putInForce(db(), { events: {} })
  })
  const woken: string[] = []
  const deps = () => ({
    db: db(),
    rules: createPublishedRules(),
    now: () => NOW_MS,
    onPending: (ids: string[]) => void woken.push(...ids),
  })
  const newCustomer = async (): Promise<string> => {
    const { accept } = createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} })
    const userId = randomUUID()
    const event = { type: 'identify', messageId: randomUUID(), userId, historical: false } as const
    return (await accept([event]))[0]!.customerId
  }
  const logOf = (customerId: string) =>
    db()
      .selectFrom('events')
      .selectAll()
      .where('customer_id', '=', customerId)
      .where('type', '<>', 'identify')
      .orderBy('seq')
      .execute()
  const commandsOn = (customerId: string) =>
    db()
      .selectFrom('commands')
      .select(['key_id', 'action', 'before', 'after'])
      .where('target', '=', `customer/${customerId}`)
      .orderBy('command_id')
      .execute()

  describe('setConsent', () => {
    const consent = { purpose: 'marketing', channel: 'email', source: 'form', keyId: 'k' }

    test('is in force at once, keeps its history, and is told to the actor', async () => {
      const customerId = await newCustomer()
      const proof = 'tick of 2 March'
      await setConsent(deps(), { ...consent, customerId, granted: true, proof })
      const { seq } = await setConsent(deps(), { ...consent, customerId, granted: false })
      const rows = await db()
        .selectFrom('consents')
        .select(['granted', 'proof'])
        .where('customer_id', '=', customerId)
        .execute()
      expect(rows).toEqual([{ granted: false, proof: null }])
      const history = await db()
        .selectFrom('consent_history')
        .select(['granted', 'proof', 'at'])
        .where('customer_id', '=', customerId)
        .orderBy('history_id')
        .execute()
      expect(history).toEqual([
        { granted: true, proof, at: new Date(NOW_MS) },
        { granted: false, proof: null, at: new Date(NOW_MS) },
      ])
      const log = await logOf(customerId)
      expect(log.at(-1)).toMatchObject({
        seq,
        type: 'consent',
        status: 'pending',
        payload: { purpose: 'marketing', channel: 'email', granted: false },
      })
      expect(woken).toContain(customerId)
    })

    test('as the first thing an actor hears, says before it who the customer is', async () => {
      const customerId = await newCustomer()
      await setConsent(deps(), { ...consent, customerId, granted: true })
      await setConsent(deps(), { ...consent, customerId, granted: false })
      expect((await logOf(customerId)).map(({ facts }) => facts)).toEqual([
        { known: true, zone: 'UTC' },
        null,
      ])
    })

    test('writes down which key changed what', async () => {
      const customerId = await newCustomer()
      await setConsent(deps(), { ...consent, customerId, granted: true })
      await setConsent(deps(), { ...consent, customerId, granted: false })
      const said = { purpose: 'marketing', channel: 'email' }
      expect(await commandsOn(customerId)).toEqual([
        {
          key_id: 'k',
          action: 'consent.set',
          before: null,
          after: { ...said, granted: true, source: 'form' },
        },
        {
          key_id: 'k',
          action: 'consent.set',
          before: { ...said, granted: true },
          after: { ...said, granted: false, source: 'form' },
        },
      ])
    })

    test('is of a test customer’s own time', async () => {
      const customerId = await newCustomer()
      await db()
        .updateTable('customers')
        .set({ clock_offset_ms: 60_000 })
        .where('customer_id', '=', customerId)
        .execute()
      const { inForce } = await setConsent(deps(), { ...consent, customerId, granted: true })
      expect(inForce.atMs).toBe(NOW_MS + 60_000)
    })

    test('refuses a customer who does not exist and leaves nothing behind', async () => {
      const input = { ...consent, customerId: 'nobody', granted: true }
      await expect(setConsent(deps(), input)).rejects.toMatchObject({ code: 'not_found' })
      expect(await commandsOn('nobody')).toEqual([])
    })
  })

  describe('exitCustomer', () => {
    test.each([['welcome'], [undefined]])('tells the actor to leave %s', async (journey) => {
      const customerId = await newCustomer()
      const leave = journey === undefined ? {} : { journey }
      await exitCustomer(deps(), { customerId, ...leave, reason: 'asked to', keyId: null })
      const payload = { journey: journey ?? null, reason: 'asked to' }
      expect(await logOf(customerId)).toMatchObject([{ type: 'exit', status: 'pending', payload }])
      expect(await commandsOn(customerId)).toEqual([
        { key_id: null, action: 'customer.exit', before: { journeys: [] }, after: payload },
      ])
    })
  })
})
