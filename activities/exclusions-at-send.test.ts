import { beforeEach, expect, test } from 'vitest'
import { expandPreset } from '../domain/contact/presets.ts'
import type { ExclusionRule } from '../domain/contact/policy.ts'
import { closeExclusion } from '../operations/close-exclusion.ts'
import { openExclusion } from '../operations/open-exclusion.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'

const complaint = expandPreset({ preset: 'complaintOpen' })

describeOnEachDatabase('exclusions at the send', (db) => {
  let world: Deliveries

  beforeEach(async () => {
    world = new Deliveries(db())
    await world.clear()
    await world.publish()
    await world.addCustomer('ada')
  })
  const enforce = (...exclusions: readonly ExclusionRule[]) => world.enforce({}, { exclusions })
  const deps = () => ({
    db: db(),
    rules: createPublishedRules(),
    now: () => world.nowMs,
    onPending: () => {},
  })
  const byHand = { customerId: 'ada', reason: 'press', scope: {}, source: 'test', keyId: null }
  const event = (name: string, changes: { batch?: number; historical?: boolean } = {}) =>
    db()
      .insertInto('events')
      .values({
        message_id: `${name} ${changes.batch ?? ''}`,
        customer_id: 'ada',
        type: 'track',
        name,
        properties: '{}',
        historical: changes.historical ?? false,
        occurred_at: new Date(world.nowMs),
        received_at: new Date(world.nowMs),
        status: changes.batch === undefined ? 'pending' : 'batched',
        batch: changes.batch ?? null,
      })
      .execute()
  const block = (address: string) =>
    db()
      .insertInto('blocked_addresses')
      .values({
        channel: 'email',
        address,
        reason: 'hardBounce',
        source: 'event Email Bounced',
        since: new Date(world.nowMs),
      })
      .execute()
  const UNHEARD = { type: 'held', reason: 'unheard_event' }

  test('one by hand holds marketing with its call, until it ends or is closed', async () => {
    await enforce()
    const untilMs = world.nowMs + 60_000
    const { exclusionId } = await openExclusion(deps(), { ...byHand, untilMs })
    expect(await world.deliver('ada')).toEqual({ type: 'held', reason: 'excluded:press', untilMs })
    expect(await world.row('ada')).toMatchObject({ status: 'held', reason: 'excluded:press' })
    await closeExclusion(deps(), { customerId: 'ada', exclusionId, keyId: null })
    expect(await world.deliver('ada', { attempt: 2 })).toMatchObject({ type: 'sent' })
  })

  test('it holds also where the clock of the one who sends is behind', async () => {
    await enforce()
    await openExclusion(deps(), byHand)
    world.nowMs -= 3_000
    expect(await world.deliver('ada')).toMatchObject({ type: 'held' })
  })

  test('one whose time is up forbids nothing, though nobody has closed it yet', async () => {
    await enforce()
    await openExclusion(deps(), { ...byHand, untilMs: world.nowMs + 1_000 })
    world.nowMs += 1_000
    expect(await world.deliver('ada')).toMatchObject({ type: 'sent' })
  })

  test('service goes on', async () => {
    await enforce(complaint)
    await openExclusion(deps(), byHand)
    await event('Complaint Opened')
    expect(await world.deliver('ada', { class: 'service' })).toMatchObject({ type: 'sent' })
  })

  test('an event that is accepted and not handled yet holds what it may forbid', async () => {
    await enforce(complaint)
    await event('Complaint Opened')
    const outcome = await world.deliver('ada', { throughBatch: 3 })
    expect(outcome).toEqual({ ...UNHEARD, untilMs: world.nowMs + 2_000 })
  })

  test('one that is on its way to the actor does so too; one that the actor had handled does not', async () => {
    await enforce(complaint)
    await event('Complaint Opened', { batch: 3 })
    expect(await world.deliver('ada', { throughBatch: 2 })).toMatchObject(UNHEARD)
    expect(await world.deliver('ada', { throughBatch: 3, attempt: 2 })).toMatchObject({
      type: 'sent',
    })
  })

  test('events that open nothing, imports, and rules of another scope hold nothing', async () => {
    await enforce(complaint, { ...complaint, name: 'other', scope: { channels: ['webhook'] } })
    await event('Complaint Closed')
    await event('Order Completed')
    await event('Complaint Opened', { historical: true })
    expect(await world.deliver('ada', { throughBatch: 0 })).toMatchObject({ type: 'sent' })
  })

  test('a fact that is not handled yet may forbid by a condition', async () => {
    await enforce(expandPreset({ preset: 'influencer' }))
    await event('Anything')
    await db()
      .updateTable('events')
      .set({ facts: JSON.stringify({ traits: { influencer: true } }) })
      .execute()
    expect(await world.deliver('ada', { throughBatch: 0 })).toMatchObject(UNHEARD)
  })

  test('a blocked address gets nothing more, of no class, however it is written', async () => {
    await enforce()
    await db()
      .updateTable('customers')
      .set({ traits: JSON.stringify({ email: 'Ada@Example.com' }) })
      .execute()
    await block('ada@example.com')
    const dropped = { type: 'dropped', reason: 'address_blocked' }
    expect(await world.deliver('ada')).toEqual(dropped)
    expect(await world.row('ada')).toMatchObject({ status: 'dropped', reason: 'address_blocked' })
    expect(await world.deliver('ada', { class: 'service', deliveryId: 'another' })).toEqual(dropped)
    expect(world.reached).toEqual([])
  })

  test('another address of the same customer may be used', async () => {
    await enforce()
    await block('old@example.com')
    expect(await world.deliver('ada')).toMatchObject({ type: 'sent' })
  })
})
