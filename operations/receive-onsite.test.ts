import { beforeEach, describe, expect, test } from 'vitest'
import { findNextOnsite, putOnsiteMessage } from '../db/onsite-messages.ts'
import type { OnsiteAct } from '../domain/feedback/onsite-event.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { OnsiteWorld, SENT_MS } from '../test/support/onsite.ts'
import { createPublishedRules } from './published-rules.ts'
import { expireDueOnsite, receiveOnsite } from './receive-onsite.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

describeOnEachDatabase('messages on pages', (db) => {
  let world: OnsiteWorld
  let pending: string[]
  let nowMs: number
  beforeEach(async () => {
    world = new OnsiteWorld(db())
    await world.begin()
    await world.addVisitor('ada')
    pending = []
    nowMs = SENT_MS + HOUR_MS
  })
  const deps = () => ({
    db: db(),
    rules: createPublishedRules(),
    now: () => nowMs,
    onPending: (ids: string[]) => void pending.push(...ids),
  })
  const next = async (ids: Parameters<typeof findNextOnsite>[1] = { userId: 'ada' }) =>
    (await findNextOnsite(db(), ids, nowMs))?.messageId
  const receive = (messageId: string | undefined, act: OnsiteAct) =>
    receiveOnsite(deps(), messageId, act)
  const names = async () => (await world.events()).map(({ name }) => name)

  describe('what a page is given', () => {
    test('is kept once for each delivery, whatever a repeat says', async () => {
      const id = await world.send('ada', 1, { content: { title: 'One' } })
      const content = { kind: 'banner', title: 'Two', text: 'x' } as const
      expect(await putOnsiteMessage(db(), { deliveryId: 'ada.1.1.onsite', content })).toBe('stored')
      expect(await findNextOnsite(db(), { userId: 'ada' }, nowMs)).toMatchObject({
        messageId: id,
        content: { title: 'One' },
        leftMs: 23 * HOUR_MS,
      })
    })

    test('of nobody who is not there, or is being erased', async () => {
      const content = { kind: 'banner', title: 'Two', text: 'x' } as const
      expect(await putOnsiteMessage(db(), { deliveryId: 'nobody.1', content })).toBe('gone')
      await world.send('ada')
      await db()
        .updateTable('customers')
        .set({ erasing_at: new Date(nowMs) })
        .execute()
      expect(await putOnsiteMessage(db(), { deliveryId: 'ada.1.1.onsite', content })).toBe('gone')
      expect(await next()).toBeUndefined()
    })

    test('is the oldest one of whoever the id leads to, the user id before the browser', async () => {
      await world.addVisitor('bob')
      const second = await world.send('ada', 2, { laterMs: 1 })
      const first = await world.send('ada', 1)
      const bobs = await world.send('bob')
      expect(await next()).toBe(first)
      expect(await next({ anonymousId: 'ada-browser' })).toBe(first)
      expect(await next({ userId: 'bob', anonymousId: 'ada-browser' })).toBe(bobs)
      expect(await next({ userId: 'nobody', anonymousId: 'ada-browser' })).toBe(first)
      expect(await next({ userId: 'ada-browser' })).toBeUndefined()
      expect(await next({})).toBeUndefined()
      await receive(first, 'click')
      expect(await next()).toBe(second)
    })

    test('is given again until it is clicked or put away', async () => {
      const id = await world.send('ada')
      await receive(id, 'view')
      expect(await next()).toBe(id)
      await receive(id, 'dismissal')
      expect(await next()).toBeUndefined()
    })

    test('is nothing that is over, also before anybody said so', async () => {
      await world.send('ada', 1, { content: { expiresIn: 'PT2H' } })
      expect(await next()).toBeDefined()
      nowMs = SENT_MS + 2 * HOUR_MS
      expect(await next()).toBeUndefined()
    })

    test('is nothing that was not sent in the end', async () => {
      await world.send('ada', 1, { status: 'failed' })
      expect(await next()).toBeUndefined()
    })

    test('is nothing that consent, an exclusion or a stop forbids by now', async () => {
      await world.send('ada')
      await db().updateTable('consents').set({ granted: false }).execute()
      expect(await next()).toBeUndefined()
      await db().updateTable('consents').set({ granted: true }).execute()
      expect(await next()).toBeDefined()
      const since = new Date(SENT_MS)
      await db()
        .insertInto('stops')
        .values({
          stop_id: 's',
          scope: 'channel',
          name: 'onsite',
          except_classes: [],
          reason: 'x',
          since,
          stopped_by: null,
        })
        .execute()
      expect(await next()).toBeUndefined()
      await db().deleteFrom('stops').execute()
      await db()
        .insertInto('exclusions')
        .values({
          exclusion_id: 'x',
          customer_id: 'ada',
          rule: null,
          reason: 'complaint',
          source: 'test',
          classes: null,
          channels: ['onsite'],
          since,
          in_force_from: since,
          until: new Date(SENT_MS + 2 * HOUR_MS),
          closed_at: null,
          closed_by: null,
        })
        .execute()
      expect(await next()).toBeUndefined()
      nowMs = SENT_MS + 3 * HOUR_MS
      expect(await next()).toBeDefined()
    })

    test('is what waits for both of two who were merged', async () => {
      await world.addVisitor('bob')
      const id = await world.send('bob')
      await db()
        .updateTable('customers')
        .set({ merged_into: 'ada' })
        .where('customer_id', '=', 'bob')
        .execute()
      await db().updateTable('identities').set({ customer_id: 'ada' }).execute()
      expect(await next()).toBe(id)
      expect(await receive(id, 'click')).toBe('recorded')
      expect(await world.events()).toMatchObject([{ customer_id: 'ada', name: 'Onsite Clicked' }])
    })
  })

  describe('what comes back', () => {
    const about = {
      delivery_id: 'ada.1.1.onsite',
      journey: 'welcome',
      version: 1,
      step: 'hello',
      message: 'hello',
      kind: 'popup',
    }

    test('is an event of the customer, each once, in whatever order', async () => {
      const id = await world.send('ada', 1, { content: { link: '/sale' } })
      expect(await receive(id, 'click')).toBe('recorded')
      expect(await receive(id, 'view')).toBe('recorded')
      for (const act of ['click', 'view', 'dismissal'] as const)
        expect(await receive(id, act)).toBe('repeated')
      expect(await world.events()).toEqual([
        { customer_id: 'ada', name: 'Onsite Clicked', properties: { ...about, link: '/sale' } },
        { customer_id: 'ada', name: 'Onsite Viewed', properties: about },
      ])
      expect(pending).toEqual(['ada', 'ada'])
    })

    test('of two pages at once only one is believed', async () => {
      const id = await world.send('ada')
      const verdicts = await Promise.all(Array.from({ length: 4 }, () => receive(id, 'dismissal')))
      expect(verdicts.toSorted()).toEqual(['recorded', 'repeated', 'repeated', 'repeated'])
      expect(await names()).toEqual(['Onsite Dismissed'])
    })

    test('about no message of ours changes nothing, and is counted', async () => {
      await world.send('ada')
      expect(await receive(undefined, 'click')).toBe('forged')
      expect(await receive('nothing', 'click')).toBe('unknown')
      expect(await names()).toEqual([])
      const counts = await db()
        .selectFrom('feedback_counts')
        .select(['source', 'kind', 'verdict', 'count'])
        .execute()
      expect(counts).toEqual([
        { source: 'onsite', kind: 'click', verdict: 'forged', count: 1 },
        { source: 'onsite', kind: 'click', verdict: 'unknown', count: 1 },
      ])
    })

    test('of somebody who is being erased is not kept', async () => {
      const id = await world.send('ada')
      await db()
        .updateTable('customers')
        .set({ erasing_at: new Date(nowMs) })
        .execute()
      expect(await receive(id, 'view')).toBe('repeated')
      expect(await names()).toEqual([])
    })
  })

  describe('expiry', () => {
    test('is an event, once, and says whether anybody saw it', async () => {
      const seen = await world.send('ada', 1)
      await world.send('ada', 2)
      await receive(seen, 'view')
      await expireDueOnsite(deps())
      expect(await names()).toEqual(['Onsite Viewed'])
      nowMs = SENT_MS + DAY_MS
      await expireDueOnsite(deps())
      await expireDueOnsite(deps())
      const [, ...expired] = await world.events()
      expect(expired.map(({ name }) => name)).toEqual(['Onsite Expired', 'Onsite Expired'])
      expect(
        Object.fromEntries(
          expired.map(({ properties }) => [properties['delivery_id'], properties['viewed']]),
        ),
      ).toEqual({ 'ada.1.1.onsite': true, 'ada.1.2.onsite': false })
      expect(await receive(seen, 'click')).toBe('repeated')
    })

    test('does not come to what was clicked, put away or never sent', async () => {
      await receive(await world.send('ada', 1), 'click')
      await receive(await world.send('ada', 2), 'dismissal')
      await world.send('ada', 3, { status: 'failed' })
      nowMs = SENT_MS + 2 * DAY_MS
      await expireDueOnsite(deps())
      expect(await names()).toEqual(['Onsite Clicked', 'Onsite Dismissed'])
      const open = await db()
        .selectFrom('onsite_messages')
        .select('delivery_id')
        .where('clicked_at', 'is', null)
        .where('dismissed_at', 'is', null)
        .where('expired_at', 'is', null)
        .execute()
      expect(open).toEqual([])
    })

    test('comes by the clock of a test customer', async () => {
      await world.addVisitor('eva', 3 * DAY_MS)
      const id = await world.send('eva', 1, { laterMs: 2 * DAY_MS + 12 * HOUR_MS })
      await world.send('ada')
      expect(await next({ userId: 'eva' })).toBe(id)
      nowMs += 12 * HOUR_MS
      expect(await next({ userId: 'eva' })).toBeUndefined()
      await expireDueOnsite(deps())
      expect(await world.events()).toMatchObject([{ customer_id: 'eva', name: 'Onsite Expired' }])
    })
  })
})
