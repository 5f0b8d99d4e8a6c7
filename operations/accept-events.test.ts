import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { createEventAcceptor } from './accept-events.ts'
import type { IncomingEvent } from './incoming-event.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

const track = (event: string, more: Partial<IncomingEvent> = {}): IncomingEvent => ({
  type: 'track',
  messageId: randomUUID(),
  userId: 'u',
  event,
  historical: false,
  ...more,
})

const identify = (more: Partial<IncomingEvent>): IncomingEvent => ({
  type: 'identify',
  messageId: randomUUID(),
  historical: false,
  ...more,
})

function acceptorOn(db: Kysely<Database>) {
  const woken: string[] = []
  const acceptor = createEventAcceptor({
    db,
    now: () => NOW_MS,
    onPending: (ids) => woken.push(...ids),
  })
  return { ...acceptor, woken }
}

describeOnEachDatabase('accept', (db) => {
  beforeAll(async () => {
    await putInForce(db(), {
      events: { 'Order Completed': {}, 'Page Viewed': {} },
      traits: ['plan', 'group'],
    })
  })
  const rowOf = (messageId: string) =>
    db()
      .selectFrom('events')
      .selectAll()
      .where('message_id', '=', messageId)
      .executeTakeFirstOrThrow()
  const customer = (id: string) =>
    db().selectFrom('customers').selectAll().where('customer_id', '=', id).executeTakeFirstOrThrow()
  const one = async (event: IncomingEvent) => (await acceptorOn(db()).accept([event]))[0]!

  describe('a repeated message id', () => {
    test('gets the same answer and changes nothing: in one call, at once, later', async () => {
      const { accept, woken } = acceptorOn(db())
      const event = track('Order Completed', { userId: randomUUID() })
      const calls = await Promise.all([
        accept([event, { ...event, userId: 'somebody else' }]),
        accept([event]),
      ])
      const later = await accept([{ ...event, traits: { plan: 'pro' } }])
      const answers = [...calls.flat(), ...later]
      expect(new Set(answers.map(({ seq, customerId }) => `${seq} ${customerId}`)).size).toBe(1)
      expect(answers.map(({ duplicate }) => duplicate)).toEqual([false, true, true, true])
      expect(woken).toEqual([answers[0]?.customerId])
      const somebody = await db()
        .selectFrom('identities')
        .select('value')
        .where('value', '=', 'somebody else')
        .execute()
      expect(somebody).toEqual([])
    })

    test('is stored once when several processes get it at the same time', async () => {
      const acceptors = [acceptorOn(db()), acceptorOn(db()), acceptorOn(db())]
      const events = Array.from({ length: 20 }, (_, i) =>
        track('Order Completed', { userId: `racer ${i % 3}` }),
      )
      const answers = await Promise.all(
        acceptors.flatMap(({ accept }, at) =>
          events.map((_, i) => accept([events[(i + at * 7) % events.length]!])),
        ),
      )
      const firsts = answers.flat().filter(({ duplicate }) => !duplicate)
      expect(firsts).toHaveLength(events.length)
    })
  })

  describe('identities', () => {
    test('make one customer of 50 first events at once, from several processes', async () => {
      const acceptors = [acceptorOn(db()), acceptorOn(db()), acceptorOn(db())]
      const userId = randomUUID()
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          acceptors[i % 3]!.accept([track('Order Completed', { userId })]),
        ),
      )
      expect(new Set(answers.flat().map(({ customerId }) => customerId)).size).toBe(1)
    })

    test('attach an id not seen before to the known customer', async () => {
      const [userId, anonymousId] = [randomUUID(), randomUUID()]
      const anonymous = await one({ ...identify({ anonymousId }), type: 'page' })
      const both = await one(identify({ userId, anonymousId }))
      const later = await one(track('x', { userId }))
      expect([both.customerId, later.customerId]).toEqual([
        anonymous.customerId,
        anonymous.customerId,
      ])
      expect((await customer(anonymous.customerId)).known).toBe(true)
    })

    test('link two existing customers, let both go on apart, and give the event to the user id', async () => {
      const [userId, anonymousId] = [randomUUID(), randomUUID()]
      const user = await one(track('x', { userId }))
      const { userId: _, ...anonymousTrack } = track('x', { anonymousId })
      const anonymous = await one(anonymousTrack)
      const both = await one(identify({ userId, anonymousId }))
      expect(both.customerId).toBe(user.customerId)
      expect((await one({ ...anonymousTrack, messageId: randomUUID() })).customerId).toBe(
        anonymous.customerId,
      )
      await one(identify({ userId, anonymousId }))
      const links = await db()
        .selectFrom('pending_links')
        .selectAll()
        .where('customer_id', '=', user.customerId)
        .execute()
      expect(links).toMatchObject([
        { other_customer_id: anonymous.customerId, cause: 'identify', status: 'pending' },
      ])
    })

    test('follow an alias, whichever kind of id the previous one turns out to be', async () => {
      const [userId, previousId] = [randomUUID(), randomUUID()]
      const alias = await one({
        type: 'alias',
        messageId: randomUUID(),
        userId,
        previousId,
        historical: false,
      })
      expect((await one(track('x', { userId: previousId }))).customerId).toBe(alias.customerId)
      const { userId: _, ...anonymousTrack } = track('x', { anonymousId: previousId })
      expect((await one(anonymousTrack)).customerId).toBe(alias.customerId)
    })
  })

  describe('the order', () => {
    test('of one process is the order of its calls', async () => {
      const { accept } = acceptorOn(db())
      const events = Array.from({ length: 60 }, () => track('Order Completed', { userId: 'o' }))
      const answers = await Promise.all(events.map((event) => accept([event])))
      const seqs = answers.flat().map(({ seq }) => seq)
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
    })
  })

  describe('instants', () => {
    test.each([
      ['without a timestamp: when it was received', {}, 0],
      ['without sentAt: as the timestamp says', { timestampMs: NOW_MS - 5_000 }, -5_000],
      [
        'corrected by how far the sender’s clock is off',
        { timestampMs: NOW_MS - 95_000, sentAtMs: NOW_MS - 90_000 },
        -5_000,
      ],
      ['never later than received', { timestampMs: NOW_MS + 5_000 }, 0],
    ])('are %s', async (_, times, offsetMs) => {
      const event = track('x', times)
      await one(event)
      const row = await rowOf(event.messageId)
      expect(row.received_at.getTime()).toBe(NOW_MS)
      expect(row.occurred_at.getTime()).toBe(NOW_MS + offsetMs)
    })

    test('of a test customer are on its own clock', async () => {
      const userId = randomUUID()
      const { customerId } = await one(track('x', { userId }))
      await db()
        .updateTable('customers')
        .set({ clock_offset_ms: 86_400_000 })
        .where('customer_id', '=', customerId)
        .execute()
      const event = track('x', { userId, timestampMs: NOW_MS - 2_000, sentAtMs: NOW_MS - 1_000 })
      await one(event)
      const row = await rowOf(event.messageId)
      expect(row.received_at.getTime()).toBe(NOW_MS + 86_400_000)
      expect(row.occurred_at.getTime()).toBe(NOW_MS + 86_400_000 - 1_000)
    })
  })

  describe('the verdict', () => {
    test('lets through what a rule names and filters what none does', async () => {
      const userId = randomUUID()
      const statuses = []
      for (const event of [
        track('Nobody Asks', { userId }),
        track('constructor', { userId }),
        track('Order Completed', { userId }),
        identify({ userId, traits: { name: 'Ana' } }),
        identify({ userId, traits: { plan: 'pro' } }),
        identify({ userId, traits: { plan: 'pro' } }),
        identify({ userId, type: 'group', groupId: 'acme' }),
        identify({ userId, type: 'page', name: 'Home' }),
        identify({ userId, type: 'screen', name: 'Home' }),
      ])
        statuses.push((await one(event)).status)
      expect(statuses).toEqual([
        'filtered',
        'filtered',
        'pending',
        'filtered',
        'pending',
        'filtered',
        'pending',
        'pending',
        'filtered',
      ])
    })

    test('announces nobody by a user id or a time zone alone, and tells both with the first event', async () => {
      const { accept } = acceptorOn(db())
      const userId = randomUUID()
      const context = { timezone: 'Europe/Madrid', traits: { email: 'ana@example.com' } }
      const first = identify({ userId, context: { timezone: 'Europe/Madrid' } })
      const second = track('Order Completed', { userId, context })
      const third = track('Order Completed', { userId })
      const [a] = await accept([first, second, third])
      expect(a?.status).toBe('filtered')
      expect((await rowOf(second.messageId)).facts).toEqual({
        has: { email: true },
        known: true,
        zone: 'Europe/Madrid',
      })
      expect((await rowOf(third.messageId)).facts).toBeNull()
    })

    test('is that of the book in force when a publication runs at the same time', async () => {
      const event = track('Newly Named')
      let verdict: ReturnType<typeof one> | undefined
      const events = { 'Order Completed': {}, 'Page Viewed': {}, 'Newly Named': {} }
      await putInForce(db(), { events, traits: ['plan', 'group'] }, {}, async () => {
        verdict = one(event)
        await new Promise((resolve) => setTimeout(resolve, 50))
      })
      expect((await verdict)?.status).toBe('pending')
    })
  })

  test('merges traits in the order of the log; null takes one away', async () => {
    const { accept } = acceptorOn(db())
    const userId = randomUUID()
    const [first] = await accept([
      identify({ userId, traits: { a: 1, b: 1, c: 1 } }),
      identify({ userId, traits: { b: 2, c: null } }),
      track('x', { userId, context: { traits: { d: 4 } } }),
      identify({ userId, type: 'group', groupId: 'acme', traits: { size: 3 } }),
    ])
    expect((await customer(first!.customerId)).traits).toEqual({
      a: 1,
      b: 2,
      d: 4,
      group: 'acme',
      groupTraits: { size: 3 },
    })
  })

  test('stores what SQL text cannot hold as replacement characters', async () => {
    const event = track('x', { properties: { bad: 'a\0b\ud800', fine: '\\u0000 😀' } })
    await one(event)
    expect((await rowOf(event.messageId)).properties).toEqual({
      bad: 'a\ufffdb\ufffd',
      fine: '\\u0000 😀',
    })
  })

  test('refuses a call with what no store could hold, and the others of its group go on', async () => {
    const { accept } = acceptorOn(db())
    const long = accept([track('x'.repeat(300))])
    const fine = accept([track('Order Completed')])
    await expect(long).rejects.toThrow(DomainError)
    expect(await fine).toHaveLength(1)
  })

  test('gives every customer one line of events, whatever calls, repeats and processes', async () => {
    const acceptors = [acceptorOn(db()), acceptorOn(db())]
    const step = fc.record({
      by: fc.nat(1),
      message: fc.nat(5),
      user: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
      anonymous: fc.option(fc.constantFrom('r', 's'), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const run = randomUUID()
        const events = steps.map(({ message, user, anonymous }) => {
          const { userId: _, ...base } = track('Order Completed')
          return {
            ...base,
            messageId: `${run} ${message}`,
            ...(user === undefined && anonymous !== undefined ? {} : { userId: `${run} ${user}` }),
            ...(anonymous === undefined ? {} : { anonymousId: `${run} ${anonymous}` }),
          }
        })
        const answers = await Promise.all(
          events.map((event, i) => acceptors[steps[i]!.by]!.accept([event])),
        )
        const seqs = new Map<string, number>()
        for (const { messageId, seq } of answers.flat())
          expect(seqs.set(messageId, seqs.get(messageId) ?? seq).get(messageId)).toBe(seq)
        const owners = await db()
          .selectFrom('identities')
          .select(['kind', 'value', 'customer_id'])
          .where('value', 'like', `${run}%`)
          .execute()
        for (const { event, answer } of events.map((event, i) => ({
          event,
          answer: answers[i]![0]!,
        })))
          if (event.userId !== undefined && !answer.duplicate)
            expect(owners.find(({ value }) => value === event.userId)?.customer_id).toBe(
              answer.customerId,
            )
      }),
      { numRuns: 25 },
    )
  })
})
