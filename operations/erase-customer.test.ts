import { randomUUID } from 'node:crypto'
import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import type { Transaction } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { findErasure } from '../db/erasures.ts'
import { insertOutboxMail } from '../db/outbox.ts'
import type { Database } from '../db/schema.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { tablesWith } from '../test/support/store-search.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { beginErasure, carryOnErasure, type ErasureDeps } from './erase-customer.ts'
import { findErasureOf } from './find-erasure-of.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { liftTombstone } from './lift-tombstone.ts'
import { createPublishedRules } from './published-rules.ts'
import { setConsent } from './set-consent.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)
const SECRET = 'only for tests, and long enough for them'

/** An engine that knows nobody. */
const emptyEngine = (): Client => {
  const nobody = () => Promise.reject(new WorkflowNotFoundError('not found', 'id', undefined))
  const none = async function* () {}
  return {
    workflow: { getHandle: () => ({ terminate: nobody, describe: nobody }), list: none },
  } as unknown as Client
}

describeOnEachDatabase('erasing a customer', (db) => {
  const rules = createPublishedRules()
  let deps: ErasureDeps
  let userId: string

  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
    userId = `user-${randomUUID()}`
    deps = {
      db: db(),
      rules,
      client: emptyEngine,
      now: () => NOW_MS,
      tombstoneSecret: SECRET,
      encryptsPayloads: false,
    }
  })

  const say = (event: Partial<IncomingEvent>) =>
    createEventAcceptor({
      db: db(),
      rules,
      now: () => NOW_MS,
      onPending: () => {},
      tombstoneSecret: SECRET,
    })
      .accept([{ messageId: randomUUID(), type: 'identify', historical: false, userId, ...event }])
      .then(([answer]) => answer ?? expect.fail())
  const erase = async (customerId: string): Promise<string> => {
    const erasureId = await beginErasure(deps, { customerId, keyId: 'k' })
    await carryOnErasure(deps, erasureId)
    return erasureId
  }

  test('leaves nothing of the person, and everybody else as they are', async () => {
    const email = `${userId}@example.com`
    const { customerId } = await say({ anonymousId: `${userId}-phone`, traits: { email } })
    const other = await say({
      userId: `other-${randomUUID()}`,
      traits: { email: 'ben@example.com' },
    })
    await setConsent(
      { ...deps, onPending: () => {} },
      {
        customerId,
        purpose: 'marketing',
        channel: 'email',
        granted: true,
        source: 'form',
        keyId: 'k',
      },
    )
    const mail = { deliveryId: null, messageId: null, from: 'shop@example.com', subject: 'Hello' }
    await insertOutboxMail(db(), { ...mail, to: [email.toUpperCase()], raw: `Dear ${userId}` })
    const erasureId = await erase(customerId)
    expect(await tablesWith(db(), [userId, customerId])).toEqual([])
    expect(await tablesWith(db(), [other.customerId])).toContain('customers')
    expect(await findErasure(db(), erasureId)).toMatchObject({
      status: 'done',
      receipt: {
        // Our own id, two identities, the address.
        tombstones: 4,
        encrypted: false,
        rows: {
          outbox: 1,
          customers: 1,
          identities: 2,
          events: 2,
          consents: 1,
          consent_history: 1,
          commands: 1,
        },
      },
    })
  })

  test('a late event is dropped under each of the names, and counted; lifted, it is somebody new', async () => {
    const email = `${userId}@example.com`
    const { customerId } = await say({ anonymousId: `${userId}-phone`, traits: { email } })
    await erase(customerId)
    const counted = async () =>
      (await db().selectFrom('dropped_events').select('count').executeTakeFirst())?.count ?? 0
    const before = await counted()
    const late: Partial<IncomingEvent>[] = [
      {},
      { userId: 'new', anonymousId: `${userId}-phone` },
      { userId: 'new', traits: { email: ` ${email.toUpperCase()}` } },
      { type: 'alias', userId: 'new', previousId: userId },
    ]
    for (const event of late) expect(await say(event)).toMatchObject({ status: 'dropped' })
    expect(await counted()).toBe(before + 4)
    expect(await tablesWith(db(), [userId])).toEqual([])
    expect(await findErasureOf(deps, `user:${userId}`)).toBeDefined()

    await liftTombstone(deps, { kind: 'user', value: userId, keyId: 'k' })
    const again = await say({})
    expect(again.status).not.toBe('dropped')
    expect(again.customerId).not.toBe(customerId)
  })

  test('one that died in the middle is gone on with, and asked for twice it is done once', async () => {
    const { customerId } = await say({ traits: { email: `${userId}@example.com` } })
    const erasureId = await beginErasure(deps, { customerId, keyId: 'k' })
    expect(await beginErasure(deps, { customerId, keyId: 'k' })).toBe(erasureId)
    const away = { ...deps, client: () => expect.fail('the engine is away') }
    await expect(carryOnErasure(away, erasureId)).rejects.toThrow('away')
    expect(await findErasure(db(), erasureId)).toMatchObject({ status: 'running' })
    // Nothing about the customer is kept any more meanwhile.
    expect(await say({ traits: { city: 'Lyon' } })).toMatchObject({ status: 'dropped' })
    await Promise.all([carryOnErasure(deps, erasureId), carryOnErasure(deps, erasureId)])
    await carryOnErasure(deps, erasureId)
    expect(await findErasure(db(), erasureId)).toMatchObject({
      status: 'done',
      receipt: { rows: { customers: 1, identities: 1 } },
    })
  })

  test('an event that found the customer before, and waits for it, is dropped', async () => {
    const { customerId } = await say({})
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
    const { promise: isHeld, resolve: held } = Promise.withResolvers<void>()
    const slow = {
      ...deps,
      rules: {
        ...rules,
        lockBook: async (trx: Transaction<Database>) => {
          const book = await rules.lockBook(trx)
          held()
          await mayCommit
          return book
        },
      },
    }
    const erasing = beginErasure(slow, { customerId, keyId: 'k' })
    await isHeld
    const late = say({ traits: { city: 'Lyon' } })
    commit()
    const [answer] = await Promise.all([late, erasing])
    // Whoever comes first: what was stored before goes with the erasure, what comes after is dropped.
    const erasureId = await erasing
    await carryOnErasure(deps, erasureId)
    expect(['dropped', 'filtered', 'pending']).toContain(answer.status)
    expect(await tablesWith(db(), [userId, customerId])).toEqual([])
  })
})
