import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { expandPreset } from '../domain/contact/presets.ts'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { createEventAcceptor } from './accept-events.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('addresses that are not to be used', (db) => {
  beforeEach(async () => {
    const world = new Deliveries(db())
    await db().deleteFrom('identities').execute()
    await world.clear()
    const exclusions = [
      expandPreset({ preset: 'hardBounce' }),
      expandPreset({ preset: 'spamComplaint' }),
    ]
    await world.enforce({}, { exclusions })
  })
  const hear = async (event: string, properties: JsonObject, historical = false) => {
    const { accept } = createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} })
    const base = { messageId: randomUUID(), userId: 'u', historical }
    await accept([
      {
        ...base,
        messageId: randomUUID(),
        type: 'identify',
        traits: { email: 'Ada@Example.com' },
      },
      { ...base, type: 'track', event, properties },
    ])
  }
  const blocked = () =>
    db()
      .selectFrom('blocked_addresses')
      .select(['channel', 'address', 'reason', 'source'])
      .orderBy('address')
      .execute()
  const ada = { channel: 'email', address: 'ada@example.com' }

  test('are blocked with the event that says so, by the address that it names', async () => {
    await hear('Email Bounced', { type: 'hard', email: ' Old@Example.com' })
    expect(await blocked()).toEqual([
      {
        channel: 'email',
        address: 'old@example.com',
        reason: 'hardBounce',
        source: 'event Email Bounced',
      },
    ])
  })

  test('the customer’s own, where the event names none; once, the first one says why', async () => {
    await hear('Email Marked As Spam', {})
    await hear('Email Bounced', { type: 'hard' })
    expect(await blocked()).toEqual([
      { ...ada, reason: 'spamComplaint', source: 'event Email Marked As Spam' },
    ])
  })

  test('an import of last year’s bounces counts', async () => {
    await hear('Email Bounced', { type: 'hard' }, true)
    expect(await blocked()).toMatchObject([ada])
  })

  test('a soft bounce, one that says nothing, and other events block nothing', async () => {
    await hear('Email Bounced', { type: 'soft' })
    await hear('Email Bounced', {})
    await hear('Email Opened', { type: 'hard' })
    expect(await blocked()).toEqual([])
  })

  test('such events wake nobody: no address travels', async () => {
    await hear('Email Bounced', { type: 'hard', email: 'old@example.com' })
    const row = await db()
      .selectFrom('events')
      .select('status')
      .where('name', '=', 'Email Bounced')
      .executeTakeFirst()
    expect(row?.status).toBe('filtered')
  })
})
