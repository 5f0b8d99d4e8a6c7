import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import type { TrackingPlan } from '../domain/tracking/tracking-plan.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { planRepairs } from './plan-repairs.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'
import { reportTrackingPlan } from './report-tracking-plan.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)

describeOnEachDatabase('a tracking plan at ingest', (db) => {
  const rules = createPublishedRules()
  let userId: string
  /** A name that no other test counts under. */
  let name: string

  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(() => {
    userId = randomUUID()
    name = `Event ${userId}`
  })
  afterAll(() => publish({}))

  const publish = (document: TrackingPlan) =>
    publishRules(
      { db: db(), now: () => NOW_MS, onRollout: () => expect.fail('nobody is told') },
      { kind: 'tracking-plan', document, note: null, keyId: 'k' },
    )
  const acceptor = () =>
    createEventAcceptor({ db: db(), rules, now: () => NOW_MS, onPending: () => {} })
  const event = (more: Partial<IncomingEvent>): IncomingEvent => ({
    type: 'track',
    messageId: randomUUID(),
    userId,
    historical: false,
    ...more,
  })
  const track = async (properties: JsonObject, more: Partial<IncomingEvent> = {}) =>
    (await acceptor().accept([event({ event: name, properties, ...more })]))[0] ??
    expect.fail('one event in, one answer out')
  const identify = (traits: JsonObject) => acceptor().accept([event({ type: 'identify', traits })])
  const report = () => reportTrackingPlan(db(), new Date(NOW_MS))
  const stored = () => db().selectFrom('events').select('name').where('name', '=', name).execute()
  const customers = () =>
    db().selectFrom('identities').select('customer_id').where('value', '=', userId).execute()
  const traits = async () =>
    (
      await db()
        .selectFrom('customers as c')
        .innerJoin('identities as i', 'i.customer_id', 'c.customer_id')
        .select('c.traits')
        .where('i.value', '=', userId)
        .executeTakeFirstOrThrow()
    ).traits

  const schema = {
    required: ['order_id'],
    properties: { order_id: { type: 'string' }, revenue: { type: 'number' } },
  }

  test('stores what is not as declared, and counts which rule it broke, with one to look at', async () => {
    await publish({ events: { [name]: { schema, owner: 'shop' } } })
    const context = { source: 'web' }
    await track({ order_id: 'o-1', revenue: 3 }, { context })
    await track({ revenue: '3' }, { context, messageId: `first ${name}` })
    await track({ order_id: 'o-2', revenue: 'x' }, { messageId: `second ${name}` })
    expect(await stored()).toHaveLength(3)
    const { events } = await report()
    expect(events.declared).toMatchObject([
      {
        name,
        owner: 'shop',
        all: { count: 3, refused: 0, sources: ['track', 'web'] },
        invalid: { count: 2, refused: 0, messageId: `second ${name}` },
        broken: [
          { rule: '/properties/revenue/type', count: 2, message: 'must be number' },
          { rule: '/required/0', count: 1, messageId: `first ${name}`, sources: ['web'] },
        ],
      },
    ])
  })

  test('refuses what is not as declared where the plan says so, and brings nobody into being', async () => {
    await publish({ events: { [name]: { schema, invalid: 'refuse' } } })
    expect(await track({ order_id: 1, revenue: 'x' })).toMatchObject({
      status: 'refused',
      duplicate: false,
      findings: [
        { code: 'not_as_planned', path: '/properties/order_id' },
        { code: 'not_as_planned', path: '/properties/revenue' },
      ],
    })
    expect(await stored()).toEqual([])
    expect(await customers()).toEqual([])
    expect((await report()).events.declared).toMatchObject([
      { all: { count: 1, refused: 1, messageId: null }, invalid: { count: 1, refused: 1 } },
    ])
    expect((await track({ order_id: 'o-1' })).status).toBe('filtered')
  })

  test('counts what it does not declare, and refuses it where it says so', async () => {
    await publish({ events: {} })
    expect((await track({})).status).toBe('filtered')
    await publish({ events: {}, undeclared: 'refuse' })
    expect(await track({})).toMatchObject({
      status: 'refused',
      findings: [{ code: 'undeclared_event', path: '/event' }],
    })
    const { undeclared } = (await report()).events
    expect(undeclared.find((each) => each.name === name)).toMatchObject({ count: 2, refused: 1 })
  })

  test('refuses one of a group and stores the others, each with its own answer', async () => {
    await publish({ events: { [name]: { schema, invalid: 'refuse' } } })
    const messageId = randomUUID()
    const good = event({ event: name, properties: { order_id: 'o' }, messageId })
    const bad = event({ event: name, properties: {} })
    const answers = await acceptor().accept([bad, good, good])
    expect(answers.map((each) => [each.status, each.duplicate])).toEqual([
      ['refused', false],
      ['filtered', false],
      ['filtered', true],
    ])
    expect(await stored()).toHaveLength(1)
  })

  test('does not judge again, nor count, what is stored already', async () => {
    const messageId = randomUUID()
    await track({}, { messageId })
    await publish({ events: { [name]: { schema, invalid: 'refuse' } } })
    expect(await track({}, { messageId })).toMatchObject({ status: 'filtered', duplicate: true })
    expect((await report()).events.declared).toMatchObject([{ all: null }])
  })

  test('judges pages and screens by their events, and calls that name nobody else not at all', async () => {
    await publish({ events: {}, undeclared: 'refuse' })
    const [page, who] = await acceptor().accept([
      event({ type: 'page', properties: { path: '/' } }),
      event({ type: 'identify', traits: { plan: 'pro' } }),
    ])
    expect(page).toMatchObject({ status: 'refused' })
    expect(who?.status).not.toBe('refused')
  })

  test('sets aside a trait that is not as declared, and lets it in again when the plan does', async () => {
    const tier = `tier-${userId}`
    await publish({ traits: { [tier]: { schema: { enum: ['gold', 'silver'] } } } })
    await identify({ [tier]: 'gold', other: 1 })
    await identify({ [tier]: 'GOLD' })
    expect(await traits()).toEqual({ [tier]: 'gold', other: 1 })
    const found = await db()
      .selectFrom('trait_findings')
      .select(['problem', 'value', 'status'])
      .where('trait', '=', tier)
      .execute()
    expect(found).toEqual([{ problem: 'not_as_planned', value: 'GOLD', status: 'open' }])
    const { declared, undeclared } = (await report()).traits
    expect(declared).toMatchObject([{ name: tier, all: { count: 2 }, invalid: { count: 1 } }])
    expect(undeclared.map((each) => each.name)).toContain('other')

    const again = { rule: 'again', trait: tier, limit: 10 } as const
    expect((await planRepairs(db(), again)).repairs).toEqual([])
    await publish({ traits: { [tier]: { schema: { type: 'string' } } } })
    expect((await planRepairs(db(), again)).repairs).toMatchObject([{ after: 'GOLD' }])
  })

  test('counts side by side in several processes without losing one', async () => {
    await publish({ events: { [name]: { schema } } })
    const processes = Array.from({ length: 4 }, acceptor)
    await Promise.all(
      processes.flatMap(({ accept }) =>
        Array.from({ length: 10 }, () =>
          accept([event({ event: name, userId: randomUUID(), properties: {} })]),
        ),
      ),
    )
    expect((await report()).events.declared).toMatchObject([
      { all: { count: 40 }, invalid: { count: 40 } },
    ])
  })
})
