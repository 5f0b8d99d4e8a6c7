import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CaseRules } from '../domain/cases/case-rules.ts'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)
const HOUR_MS = 3_600_000

describeOnEachDatabase('service cases at ingest', (db) => {
  const rules = createPublishedRules()
  let userId: string

  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    await publish({
      types: {
        late: {
          title: 'Late delivery',
          severity: 2,
          answerWithin: 'P1D',
          codes: { call_centre: ['L1'], social: ['late'] },
        },
      },
    })
  })
  beforeEach(() => {
    userId = randomUUID()
  })
  afterAll(() => publish({}))

  const publish = (document: CaseRules) =>
    publishRules(
      { db: db(), now: () => NOW_MS, onRollout: () => expect.fail('nobody is told') },
      { kind: 'case-rules', document, note: null, keyId: 'k' },
    )
  const event = (
    name: string,
    source: string,
    properties: JsonObject,
    more: Partial<IncomingEvent> = {},
  ): IncomingEvent => ({
    type: 'track',
    messageId: randomUUID(),
    userId,
    historical: false,
    event: name,
    properties,
    context: { source },
    ...more,
  })
  const accept = (...events: IncomingEvent[]) =>
    createEventAcceptor({ db: db(), rules, now: () => NOW_MS, onPending: () => {} }).accept(events)
  const customer = () =>
    db()
      .selectFrom('customers as c')
      .innerJoin('identities as i', 'i.customer_id', 'c.customer_id')
      .select(['c.customer_id', 'c.traits', 'c.trait_origins'])
      .where('i.value', '=', userId)
      .executeTakeFirstOrThrow()
  const cases = async () => {
    const { customer_id: id } = await customer()
    return db()
      .selectFrom('cases')
      .selectAll()
      .where('customer_id', '=', id)
      .orderBy('opened_at')
      .orderBy('case_id')
      .execute()
  }

  test('a call and a post about the same order become one case, which the log and the customer tell', async () => {
    await accept(event('Case Opened', 'call_centre', { case_id: '17', code: 'L1', order_id: 'o1' }))
    await accept(event('Case Contacted', 'social', { order_id: 'o1', emotion: 'angry' }))
    expect(await cases()).toMatchObject([
      {
        status: 'open',
        type: 'late',
        severity: 2,
        contacts: 1,
        emotion: 'angry',
        promised_at: new Date(NOW_MS + 24 * HOUR_MS),
        sources: ['call_centre', 'social'],
        doubts: [],
      },
    ])
    const [stored] = await cases()
    const { customer_id: id, traits, trait_origins: origins } = await customer()
    expect(traits).toMatchObject({ open_cases: 1, case_severity: 2 })
    expect(origins['open_cases']).toEqual({ atMs: NOW_MS, source: 'rumbo' })
    const log = await db()
      .selectFrom('events')
      .select('properties')
      .where('customer_id', '=', id)
      .orderBy('seq')
      .execute()
    expect(log.map(({ properties }) => properties)).toMatchObject([
      { case_id: '17', case: stored?.case_id, case_status: 'open', case_contacts: 0 },
      { order_id: 'o1', case: stored?.case_id, case_type: 'late', case_contacts: 1 },
    ])
  })

  test('in one call and in any order of arrival it is the same case', async () => {
    const story = [
      event('Case Closed', 'app', { case_id: '9' }, { timestampMs: NOW_MS - HOUR_MS }),
      event('Case Opened', 'app', { case_id: '9' }, { timestampMs: NOW_MS - 5 * HOUR_MS }),
      event('Case Escalated', 'app', { case_id: '9' }, { timestampMs: NOW_MS - 2 * HOUR_MS }),
    ]
    await accept(...story)
    expect(await cases()).toMatchObject([
      { status: 'closed', severity: 4, escalations: 1, opened_at: new Date(NOW_MS - 5 * HOUR_MS) },
    ])
    expect((await customer()).traits).toMatchObject({ open_cases: 0 })
    // The same once more, as a caller does that did not hear the answer.
    await accept(...story)
    expect(await cases()).toMatchObject([{ escalations: 1 }])
  })

  test('reopened and closed in one instant: what came last does not bring an older number back', async () => {
    await accept(event('Case Opened', 'app', { case_id: '1' }))
    await accept(
      event('Case Resolved', 'app', { case_id: '1' }),
      event('Case Opened', 'app', { case_id: '2', severity: 5 }),
    )
    expect((await customer()).traits).toMatchObject({ open_cases: 1, case_severity: 5 })
    await accept(event('Case Closed', 'app', { case_id: '2' }))
    const { traits } = await customer()
    expect(traits).toMatchObject({ open_cases: 0 })
    expect(traits).not.toHaveProperty('case_severity')
  })

  test('where it could be several, it is a case of its own that says which', async () => {
    for (const ref of ['1', '2'])
      await accept(
        event(
          'Case Opened',
          'app',
          { case_id: ref, order_id: 'o1' },
          { timestampMs: NOW_MS - (3 - Number(ref)) * HOUR_MS },
        ),
      )
    await accept(event('Case Opened', 'social', { order_id: 'o1' }))
    const [first, second, third] = await cases()
    expect(third?.doubts).toEqual([first?.case_id, second?.case_id])
    expect((await customer()).traits).toMatchObject({ open_cases: 3 })
  })

  test('nobody else says how many cases are open', async () => {
    await accept(event('Case Opened', 'app', { case_id: '1' }))
    await accept({
      type: 'identify',
      messageId: randomUUID(),
      userId,
      historical: false,
      traits: { open_cases: 0, plan: 'pro' },
    })
    const { customer_id: id, traits } = await customer()
    expect(traits).toMatchObject({ open_cases: 1, plan: 'pro' })
    const findings = await db()
      .selectFrom('trait_findings')
      .select(['trait', 'problem', 'kind'])
      .where('customer_id', '=', id)
      .execute()
    expect(findings).toEqual([{ trait: 'open_cases', problem: 'reckoned', kind: 'setAside' }])
  })

  test('other rules hold for the next event of a case', async () => {
    await accept(event('Case Opened', 'app', { case_id: '1', code: 'X9' }))
    expect(await cases()).toMatchObject([{ type: null, severity: 3 }])
    await publish({ types: { odd: { title: 'Odd', severity: 1, codes: { app: ['X9'] } } } })
    await accept(event('Case Contacted', 'app', { case_id: '1' }))
    expect(await cases()).toMatchObject([{ type: 'odd', severity: 1 }])
  })
})
