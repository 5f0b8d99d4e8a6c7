import type { Kysely } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import type { FatigueRule } from '../domain/contact/policy.ts'
import { pastOf } from '../domain/contact/fatigue.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import { contactRules } from '../test/support/contact-rules.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { bookOf } from '../test/support/rule-book.ts'
import { listLoadedRules } from './loaded-rules.ts'
import type { Database, DeliveryStatus } from './schema.ts'

const START_MS = Date.UTC(2026, 0, 5)
const DAY_MS = 86_400_000
const RULE: FatigueRule = {
  name: 'quiet',
  channel: 'email',
  reactions: ['Email Opened'],
  steps: [
    { afterUnanswered: 2, max: 3, per: 'P14D' },
    { afterUnanswered: 3, stop: true },
  ],
}
const BOOK = { ...bookOf({}), contact: contactRules({ fatigue: [RULE] }) }

describeOnEachDatabase('what went out before a rule of fatigue asked for it', (db) => {
  const load = async (recalled?: readonly string[]) => {
    const { contacts } = await listLoadedRules(
      db(),
      {
        customerId: 'ada',
        request: {
          bookHash: BOOK.hash,
          definitions: [],
          known: { events: {}, facts: {} },
          throughBatch: 0,
          ...(recalled === undefined ? {} : { recalled }),
        },
      },
      () => Promise.resolve(BOOK),
    )
    return contacts?.map(({ key }) => key)
  }

  beforeAll(async () => {
    await insertCustomer(db(), 'ada', null)
    await insertCustomer(db(), 'visitor', 'ada')
    await insertCustomer(db(), 'bob', null)
    const deliver = deliverer(db())
    await deliver('old', 'ada', { day: 0 })
    await deliver('oldest that counts', 'visitor', { day: 1 })
    await deliver('may have gone out', 'ada', { day: 2, status: 'unknown' })
    await deliver('newest', 'ada', { day: 3 })
    await deliver('kept back', 'ada', { day: 4, status: 'skipped' })
    await deliver('on its way', 'ada', { day: 4, status: 'sending' })
    await deliver('another class', 'ada', { day: 5, kind: 'service' })
    await deliver('another channel', 'ada', { day: 6, channel: 'webhook' })
    await deliver('somebody else', 'bob', { day: 7 })
  })

  test('is as much as the rule counts, of whoever was merged too, however long ago', async () => {
    expect(await load()).toEqual(['newest', 'may have gone out', 'oldest that counts'])
  })

  test('is not read again by whom it was told', async () => {
    expect(await load([pastOf(RULE)])).toBeUndefined()
    expect(await load([pastOf({ ...RULE, reactions: ['Email Link Clicked'] })])).toHaveLength(3)
  })
})

async function insertCustomer(
  db: Kysely<Database>,
  customerId: string,
  mergedInto: string | null,
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      customer_id: customerId,
      traits: '{}',
      created_at: new Date(START_MS),
      merged_into: mergedInto,
    })
    .execute()
}

interface Delivered {
  readonly day: number
  readonly status?: DeliveryStatus
  readonly kind?: MessageClass
  readonly channel?: ChannelName
}

const deliverer =
  (db: Kysely<Database>) =>
  async (
    deliveryId: string,
    customerId: string,
    { day, status = 'sent', kind = 'marketing', channel = 'email' }: Delivered,
  ): Promise<void> => {
    await db
      .insertInto('deliveries')
      .values({
        delivery_id: deliveryId,
        customer_id: customerId,
        run_id: 'r',
        journey: 'welcome',
        version: 1,
        step: 'hello',
        message: 'hello',
        channel,
        class: kind,
        status,
        at: new Date(START_MS + day * DAY_MS),
      })
      .execute()
  }
