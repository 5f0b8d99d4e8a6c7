import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { eraseSlice, findPerson } from '../db/personal-data.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import type { IncomingEvent } from './incoming-event.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('devices at ingest', (db) => {
  beforeAll(async () => {
    await putInForce(db(), { events: { Opened: {} }, presence: ['pushDevice'] })
  })
  let nowMs = NOW_MS
  const accept = async (...events: Partial<IncomingEvent>[]) => {
    nowMs += 1_000
    const { accept: take } = createEventAcceptor({
      db: db(),
      now: () => nowMs,
      onPending: () => {},
    })
    return take(
      events.map((event) => ({
        type: 'track',
        messageId: randomUUID(),
        historical: false,
        event: 'Opened',
        ...event,
      })),
    )
  }
  const from = (token: string) => ({
    context: { device: { token, type: 'android' }, app: { namespace: 'com.shop' } },
  })
  const device = (token: string) =>
    db().selectFrom('devices').selectAll().where('token', '=', token).executeTakeFirst()
  const factsOf = async (customerId: string) =>
    (
      await db()
        .selectFrom('events')
        .select('facts')
        .where('customer_id', '=', customerId)
        .orderBy('seq')
        .execute()
    ).map(({ facts }) => facts?.has?.['pushDevice'])

  test('one that an event comes from is the customer’s, and the actor hears that there is one', async () => {
    const [userId, token] = [randomUUID(), randomUUID()]
    const [{ customerId } = { customerId: '' }] = await accept({ userId, ...from(token) })
    expect(await device(token)).toMatchObject({
      customer_id: customerId,
      platform: 'android',
      app: 'com.shop',
      removed_at: null,
    })
    await accept({ userId, ...from(token) }, { userId, ...from(randomUUID()) })
    expect(await factsOf(customerId)).toEqual([true, undefined, undefined])
  })

  test('an app that is uninstalled takes its device away', async () => {
    const [userId, token] = [randomUUID(), randomUUID()]
    const [{ customerId } = { customerId: '' }] = await accept({ userId, ...from(token) })
    await accept({ userId, event: 'Application Uninstalled', ...from(token) })
    expect(await device(token)).toMatchObject({ reason: 'uninstalled' })
    expect(await factsOf(customerId)).toEqual([true, false])
    await accept({ userId, ...from(token) })
    expect(await device(token)).toMatchObject({ removed_at: null, reason: null })
    expect(await factsOf(customerId)).toEqual([true, false, true])
  })

  test('one that turns up at somebody else moves there, and both actors hear of it', async () => {
    const [one, other, token] = [randomUUID(), randomUUID(), randomUUID()]
    const [first] = await accept({ userId: one, ...from(token) })
    const [second] = await accept({ userId: other, ...from(token) })
    expect(await device(token)).toMatchObject({ customer_id: second?.customerId })
    expect(await factsOf(first!.customerId)).toEqual([true, false])
    expect(await factsOf(second!.customerId)).toEqual([true])
  })

  test('a device that goes to and fro at once is with one of them, and nobody waits for ever', async () => {
    const users = [randomUUID(), randomUUID()]
    const token = randomUUID()
    await Promise.all(
      Array.from({ length: 10 }, (_, n) => accept({ userId: users[n % 2]!, ...from(token) })),
    )
    expect(await device(token)).toMatchObject({ removed_at: null })
  })

  test('an erasure takes it along', async () => {
    const token = randomUUID()
    const [{ customerId } = { customerId: '' }] = await accept({
      userId: randomUUID(),
      ...from(token),
    })
    const person = await findPerson(db(), [customerId])
    await db()
      .transaction()
      .execute((trx) => eraseSlice(trx, 'devices', person))
    expect(await device(token)).toBeUndefined()
  })
})
