import { beforeEach, describe, expect, test } from 'vitest'
import { findCapacity } from '../db/capacities.ts'
import { findSendFacts } from '../db/sends.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { releaseWaiting, startReleaser } from '../operations/release-waiting.ts'
import { setCapacity } from '../operations/set-capacity.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'

const CENTRE = 'contact-centre'
const CALLS = { contactsPerThousand: 20, handlingTime: 'PT5M', classes: ['marketing'] } as const
const GROUPS = [{ name: 'customers' }, { name: 'prospects' }]

describeOnEachDatabase('what is scarce', (db) => {
  let world: Deliveries

  beforeEach(async () => {
    world = new Deliveries(db())
    await world.clear()
    await world.publish()
  })

  const people = async (...names: string[]) => {
    for (const name of names) await world.addCustomer(name)
  }
  const tell = (available: number, until: Date | null = null) =>
    setCapacity(
      { db: db(), now: () => world.nowMs },
      { name: CENTRE, available, until, keyId: null },
    )
  const call = (customerId: string, changes = {}) =>
    world.deliver(customerId, { message: 'call', ...changes })
  const release = async (): Promise<string[]> => {
    const told: string[] = []
    await releaseWaiting({
      db: db(),
      rules: createPublishedRules(),
      now: () => (world.nowMs += 1_000),
      onPending: (customerIds) => told.push(...customerIds),
    })
    return told
  }
  const capacity = () => findCapacity(db(), CENTRE)

  describe('a capacity', () => {
    test('that was never told lets nothing through', async () => {
      await people('ada')
      expect(await call('ada')).toEqual({ type: 'parked', reason: 'capacity:contact-centre' })
      expect(await world.row('ada')).toMatchObject({ status: 'parked', cost: 1 })
      expect(await capacity()).toMatchObject({ available: 0, waiting: 1 })
    })

    test('of seven lets exactly seven of fifty through that come at once', async () => {
      const names = Array.from({ length: 50 }, (_none, n) => `c${n}`)
      await people(...names)
      await tell(7)
      const outcomes = await Promise.all(names.map((name) => call(name)))
      expect(outcomes.filter(({ type }) => type === 'sent')).toHaveLength(7)
      expect(outcomes.filter(({ type }) => type === 'parked')).toHaveLength(43)
      expect(world.reached).toHaveLength(7)
      expect(await capacity()).toMatchObject({ available: 7, used: 7, waiting: 43 })
    })

    test('is drawn on by whole classes and channels, by the calls that they lead to', async () => {
      await people('ada', 'bob', 'cy')
      await world.enforce({ capacities: { [CENTRE]: CALLS } })
      await tell(11)
      expect(await world.deliver('ada')).toMatchObject({ type: 'sent' })
      expect(await world.deliver('bob')).toMatchObject({ type: 'parked' })
      expect(await world.deliver('cy', { class: 'service' })).toMatchObject({ type: 'sent' })
      expect(await capacity()).toMatchObject({ used: 6, waiting: 1 })
    })

    test('whose time is over has nothing', async () => {
      await people('ada')
      await tell(100, new Date(Date.now() - 1_000))
      expect(await call('ada')).toMatchObject({ type: 'parked' })
      expect(await release()).toEqual([])
    })

    test('is given back by what certainly did not go out, and by nothing else', async () => {
      await people('ada', 'bob', 'cy')
      await tell(10)
      world.email.answers = [{ type: 'refused', reason: 'smtp_550' }]
      await call('ada')
      expect(await capacity()).toMatchObject({ used: 0 })
      world.email.answers = [{ type: 'unavailable', reason: 'smtp_450' }]
      await call('bob')
      expect(await capacity()).toMatchObject({ used: 0 })
      await call('bob', { attempt: 2 })
      world.email.answers = [{ type: 'unknown', reason: 'smtp_timedout' }]
      await call('cy')
      expect(await capacity()).toMatchObject({ used: 2 })
    })

    test('a send that died in its conversation takes nothing twice', async () => {
      await people('ada')
      await tell(1)
      world.email.answers = [new Error('killed')]
      await expect(call('ada', { class: 'service' })).rejects.toThrow('killed')
      expect(await call('ada', { class: 'service' })).toMatchObject({ type: 'sent' })
      expect(await capacity()).toMatchObject({ used: 1 })
    })

    test('test customers need none: nobody calls', async () => {
      await world.addCustomer('tess', true)
      expect(await call('tess', { test: true })).toMatchObject({ type: 'sent' })
    })
  })

  describe('who waits', () => {
    beforeEach(() => world.enforce({}))

    test('goes by customer group, then by worth, then by age, and has room reserved', async () => {
      await people('old', 'rich', 'new', 'prospect')
      await world.enforce({ groups: GROUPS })
      await call('prospect', { group: 'prospects', worth: 100 })
      await call('old', { group: 'customers', worth: 1 })
      await call('new', { group: 'customers', worth: 1 })
      await call('rich', { group: 'customers', worth: 5 })
      await tell(3)
      expect(await release()).toEqual(['rich', 'old', 'new'])
      expect(await capacity()).toMatchObject({ used: 0, reserved: 3, waiting: 1 })
      // What is reserved is nobody else's.
      await people('late')
      expect(await call('late', { group: 'customers', worth: 99 })).toMatchObject({
        type: 'parked',
      })
      for (const name of ['rich', 'old', 'new'])
        expect(await call(name, { attempt: 2 })).toMatchObject({ type: 'sent' })
      expect(await capacity()).toMatchObject({ used: 3, reserved: 0, waiting: 2 })
      expect(await release()).toEqual([])
    })

    test('is not overtaken by somebody who comes later and is worth no more', async () => {
      await people('first', 'second', 'rich')
      await call('first', { worth: 5 })
      await tell(1)
      expect(await call('second', { worth: 5 })).toMatchObject({ type: 'parked' })
      expect(await call('rich', { worth: 6 })).toMatchObject({ type: 'sent' })
      expect(await release()).toEqual([])
      await tell(2)
      expect(await release()).toEqual(['first', 'second'])
    })

    test('a large one is not passed by small ones behind it', async () => {
      await people('large', 'small')
      await world.enforce({ capacities: { [CENTRE]: CALLS } })
      await world.deliver('large', { worth: 9 })
      await call('small', { class: 'relationship', worth: 1 })
      await db()
        .updateTable('deliveries')
        .set({ cost: 1 })
        .where('customer_id', '=', 'small')
        .execute()
      await tell(5)
      expect(await release()).toEqual([])
      await tell(7)
      expect(await release()).toEqual(['large', 'small'])
    })

    test('one that was let go and is forbidden now leaves its room to the next', async () => {
      await people('ada', 'bob')
      await call('ada')
      await call('bob')
      await tell(1)
      expect(await release()).toEqual(['ada'])
      await db()
        .updateTable('consents')
        .set({ granted: false })
        .where('customer_id', '=', 'ada')
        .execute()
      expect(await call('ada', { attempt: 2 })).toMatchObject({ type: 'dropped' })
      expect(await release()).toEqual(['bob'])
    })
  })

  test('a release of which nothing was heard is told again, while its run can go on', async () => {
    await people('ada', 'bob')
    await world.enforce({})
    for (const [name, status] of [
      ['ada', 'active'],
      ['bob', 'paused'],
    ] as const) {
      await call(name)
      const at = new Date(world.nowMs)
      await db()
        .insertInto('runs')
        .values({
          run_id: `${name}.1`,
          customer_id: name,
          journey: 'welcome',
          version: 1,
          status,
          step: 'hello',
          since: at,
          entered_at: at,
          wake_at: null,
          locked: false,
          ended_at: null,
          end_reason: null,
          turn: 1,
        })
        .execute()
    }
    await tell(2)
    expect(await release()).toEqual(['ada', 'bob'])
    const releasedAt = new Date(Date.now() - 6 * 60_000)
    await db().updateTable('deliveries').set({ released_at: releasedAt }).execute()
    const told: string[] = []
    const releaser = startReleaser({
      db: db(),
      rules: createPublishedRules(),
      now: () => (world.nowMs += 1_000),
      onPending: (customerIds) => told.push(...customerIds),
      onError: (error) => told.push(String(error)),
      everyMs: 1,
    })
    await expect.poll(() => told).toEqual(['ada'])
    await releaser.stop()
  })

  describe('a sending domain that is warmed up', () => {
    const curve = (perDay: number[]) =>
      world.enforce({ warmUp: { 'shop.example': { from: '2026-03-02T00:00:00Z', perDay } } })

    test('sends so many a day; the rest is held until the next, each at its own time', async () => {
      await people('ada', 'bob', 'cy', 'dee')
      await curve([2, 5])
      const outcomes = []
      for (const name of ['ada', 'bob', 'cy', 'dee']) outcomes.push(await world.deliver(name))
      expect(outcomes.map(({ type }) => type)).toEqual(['sent', 'sent', 'held', 'held'])
      const held = outcomes.flatMap((outcome) =>
        outcome.type === 'held' ? [outcome.untilMs ?? 0] : [],
      )
      expect(Math.min(...held)).toBeGreaterThanOrEqual(Date.parse('2026-03-03T00:00:00Z'))
      expect(new Set(held).size).toBe(2)
      expect(await world.row('cy')).toMatchObject({
        status: 'held',
        reason: 'warm_up:shop.example',
      })
      world.nowMs = Date.parse('2026-03-03T02:00:00Z')
      expect(await world.deliver('cy', { attempt: 2 })).toMatchObject({ type: 'sent' })
    })

    test('exactly so many, however many come at once; service is counted and never held', async () => {
      const names = Array.from({ length: 20 }, (_none, n) => `c${n}`)
      await people(...names)
      await curve([7])
      expect(await world.deliver('c0', { class: 'service' })).toMatchObject({ type: 'sent' })
      await Promise.all(names.slice(1, 19).map((name) => world.deliver(name)))
      expect(world.reached).toHaveLength(7)
      expect(await world.deliver('c19', { class: 'service' })).toMatchObject({ type: 'sent' })
    })

    test('what certainly did not go out is not counted; after the curve there is no limit', async () => {
      await people('ada', 'bob', 'cy')
      await curve([1])
      world.email.answers = [{ type: 'refused', reason: 'smtp_550' }]
      await world.deliver('ada')
      expect(await world.deliver('bob')).toMatchObject({ type: 'sent' })
      world.nowMs += 86_400_000
      expect(await world.deliver('cy')).toMatchObject({ type: 'sent' })
    })
  })

  describe('the contact policy', () => {
    test('another one than the send was decided under: it is decided anew', async () => {
      await people('ada')
      const before = world.request('ada').policy
      await world.enforce({})
      const { hash } = await db().selectFrom('rule_book').select('hash').executeTakeFirstOrThrow()
      const { policy: _policy, ...undecided } = world.request('ada')
      expect(await world.deliver('ada', { ...undecided, policy: before ?? 'none' })).toEqual({
        type: 'stale',
        bookHash: hash,
      })
      expect(await world.row('ada')).toBeUndefined()
      expect(await world.deliver('ada')).toMatchObject({ type: 'sent' })
    })

    test('a message of it goes out instead', async () => {
      await people('ada', 'bob')
      await world.enforce({
        messages: { sorry: { email: { subject: 'We are sorry', html: '<p>Sorry</p>' } } },
      })
      expect(await world.deliver('ada', { instead: 'sorry' })).toMatchObject({ type: 'sent' })
      expect(world.email.sent[0]?.content.subject).toBe('We are sorry')
      expect(await world.deliver('bob', { instead: 'gone' })).toMatchObject({ type: 'refused' })
    })

    test('an exclusion that was opened between decision and send is seen', async () => {
      await people('ada')
      const since = new Date(world.nowMs)
      await db()
        .insertInto('exclusions')
        .values({
          customer_id: 'ada',
          exclusion_id: 'complaintOpen:7',
          rule: 'complaintOpen',
          reason: 'complaint open',
          classes: ['marketing'],
          channels: null,
          source: 'Complaint Opened',
          since,
          in_force_from: since,
          until: null,
          closed_at: null,
          closed_by: null,
        })
        .execute()
      expect(await world.deliver('ada')).toMatchObject({ type: 'held', untilMs: null })
      expect(await world.row('ada')).toMatchObject({ status: 'held', parked_for: null })
      expect((await findSendFacts(db(), world.request('ada')))?.exclusions).toEqual([
        {
          exclusionId: 'complaintOpen:7',
          rule: 'complaintOpen',
          reason: 'complaint open',
          scope: { classes: ['marketing'] },
          source: 'Complaint Opened',
          sinceMs: world.nowMs,
          fromMs: world.nowMs,
          untilMs: null,
        },
      ])
    })
  })
})
