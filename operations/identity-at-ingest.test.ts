import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { listNamedCustomers } from '../db/customer-names.ts'
import type { IdentityRules } from '../domain/customers/identity-rules.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createEventAcceptor } from './accept-events.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'

const NOW_MS = Date.UTC(2026, 10, 28)

describeOnEachDatabase('identities of published kinds', (db) => {
  const rules = createPublishedRules()
  let tag: string

  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
    tag = randomUUID()
    await publish({})
  })

  const publish = (document: IdentityRules) =>
    publishRules(
      { db: db(), now: () => NOW_MS, onRollout: () => expect.fail('nobody is told') },
      { kind: 'identity', document, note: null, keyId: 'k' },
    )
  const say = async (event: Partial<IncomingEvent>): Promise<string> => {
    const { accept } = createEventAcceptor({
      db: db(),
      rules,
      now: () => NOW_MS,
      onPending: () => {},
    })
    const whole = {
      type: 'identify',
      messageId: randomUUID(),
      historical: false,
      ...event,
    } as const
    return (await accept([whole]))[0]?.customerId ?? expect.fail()
  }
  const card = (id: string) => ({ externalIds: [{ id, type: 'card', collection: 'users' }] })
  const found = async (name: string) =>
    (await listNamedCustomers(db(), name)).map((each) => each.customerId)
  const linked = async (customerId: string) =>
    (
      await db()
        .selectFrom('pending_links')
        .select('other_customer_id')
        .where('customer_id', '=', customerId)
        .execute()
    ).map((row) => row.other_customer_id)
  const findings = async (customerId: string) =>
    (
      await db()
        .selectFrom('trait_findings')
        .select(['trait', 'problem'])
        .where('customer_id', '=', customerId)
        .execute()
    ).map(({ trait, problem }) => `${trait}: ${problem}`)

  test('a kind that nobody published is none', async () => {
    await say({ userId: `a-${tag}`, traits: { email: `a-${tag}@example.com` }, context: card(tag) })
    expect(await found(`email:a-${tag}@example.com`)).toEqual([])
    expect(await found(`card:${tag}`)).toEqual([])
  })

  test('a published one finds the customer, however an address is written', async () => {
    await publish({ kinds: { email: {}, phone: {}, card: {} }, defaultRegion: 'ES' })
    const digits = String(600_000_000 + Math.floor(Math.random() * 99_999_999))
    const ana = await say({
      userId: `a-${tag}`,
      traits: { email: `A-${tag}@Example.COM`, phone: digits },
      context: card(tag),
    })
    for (const name of [
      `email:a-${tag}@example.com`,
      `A-${tag}@example.com`,
      `phone:+34${digits}`,
      `card:${tag}`,
      tag,
    ])
      expect([name, await found(name)]).toEqual([name, [ana]])
  })

  test('an own id unites; an address does where that is asked for, and else is a finding', async () => {
    await publish({ kinds: { email: {}, card: {} } })
    const email = `shared-${tag}@example.com`
    const ana = await say({ userId: `a-${tag}`, traits: { email }, context: card(tag) })
    const visitor = await say({ anonymousId: `v-${tag}`, traits: { email } })
    expect(visitor).not.toBe(ana)
    expect([await linked(visitor), await findings(visitor)]).toEqual([
      [],
      ['email: identity_taken'],
    ])
    const ben = await say({ userId: `b-${tag}`, context: card(tag) })
    expect(await linked(ben)).toEqual([ana])
    // Without a name of their own they are whoever the card says.
    expect(await say({ anonymousId: `w-${tag}`, context: card(tag) })).toBe(ana)

    await publish({ kinds: { email: { merges: true } } })
    const other = await say({ userId: `c-${tag}`, traits: { email } })
    expect(await linked(other)).toEqual([ana])
  })

  test('nobody has more of a kind than one may', async () => {
    await publish({ kinds: { card: { perCustomer: 2 } } })
    const userId = `a-${tag}`
    for (const n of [1, 2, 3]) await say({ userId, context: card(`${tag}-${n}`) })
    const ana = await say({ userId })
    expect(await Promise.all([1, 2, 3].map((n) => found(`card:${tag}-${n}`)))).toEqual([
      [ana],
      [ana],
      [],
    ])
    expect(await findings(ana)).toEqual(['card: identity_too_many'])
  })

  test('a new user id on the device of somebody else is somebody else, and an alias the same person', async () => {
    const anonymousId = `d-${tag}`
    const ana = await say({ userId: `a-${tag}`, anonymousId })
    const ben = await say({ userId: `b-${tag}`, anonymousId })
    expect(ben).not.toBe(ana)
    expect(await linked(ben)).toEqual([ana])
    expect(await say({ type: 'alias', userId: `c-${tag}`, previousId: `a-${tag}` })).toBe(ana)
  })

  test('a publication leaves the actors’ book as it is', async () => {
    const { hash } = await db().selectFrom('rule_book').select('hash').executeTakeFirstOrThrow()
    await publish({ merges: { perDay: 3 } })
    const after = await db()
      .selectFrom('rule_book')
      .select(['hash', 'versions'])
      .executeTakeFirstOrThrow()
    expect(after.hash).toBe(hash)
    expect(after.versions['identity']).toBeGreaterThan(0)
  })

  test('a ghost becomes known with all its history', async () => {
    const visit = { anonymousId: `g-${tag}`, type: 'track', event: 'Product Viewed' } as const
    const ghost = await say(visit)
    await say(visit)
    const known = await say({ userId: `g-${tag}-user`, anonymousId: `g-${tag}` })
    expect(known).toBe(ghost)
    const { count } = await db()
      .selectFrom('events')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('customer_id', '=', known)
      .where('name', '=', 'Product Viewed')
      .executeTakeFirstOrThrow()
    expect(count).toBe(2)
    const row = await db()
      .selectFrom('customers')
      .select('known')
      .where('customer_id', '=', known)
      .executeTakeFirstOrThrow()
    expect(row.known).toBe(true)
  })
})
