import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { listFirstUndelivered } from '../db/batches.ts'
import { listNamedCustomers } from '../db/customer-names.ts'
import { insertTombstones, tombstoneOf } from '../db/tombstones.ts'
import type { IdentityRules } from '../domain/customers/identity-rules.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createEventAcceptor } from './accept-events.ts'
import { applyOutside } from './apply-outside.ts'
import { claimBatches } from './claim-batches.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { planRepairs } from './plan-repairs.ts'
import { createPublishedRules } from './published-rules.ts'
import { publishRules } from './publish-rules.ts'

const NOW_MS = Date.UTC(2026, 10, 28)
const DAY_MS = 86_400_000

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

  /** Has what is stored of a customer take effect, as its actor would. */
  const live = async (customerId: string) => {
    const claim = { leaseMs: 30_000, delivered: [], giveBack: [] }
    await claimBatches({ db: db(), rules }, { ...claim, owner: 'me', lookAt: [customerId] })
    const [stored] = await listFirstUndelivered(db(), [customerId])
    const batch = stored?.batch ?? expect.fail('nothing was to be delivered')
    expect(await applyOutside({ db: db(), rules, now: () => NOW_MS }, customerId, batch)).toBe(true)
    return db()
      .selectFrom('customers')
      .select(['known', 'lifecycle_state', 'lifecycle_previous', 'snapshot'])
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow()
  }

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

  test('ids that differ in capitals are two, and an address is one', async () => {
    await publish({ kinds: { email: {} } })
    const [lower, upper] = [`ada-${tag}@example.com`, `ADA-${tag}@example.com`]
    const ada = await say({ userId: lower })
    expect(await found(`user:${upper}`)).toEqual([])
    const other = await say({ userId: upper })
    expect(await found(`user:${upper}`)).toEqual([other])
    expect(await found(upper)).toEqual([other])
    expect(await found(lower)).toEqual([ada])
    const eve = await say({ userId: `e-${tag}`, traits: { email: `Eve-${tag}@Example.com` } })
    expect(await found(`email:EVE-${tag}@example.com`)).toEqual([eve])
  })

  test('an address among external ids is read like one in the traits', async () => {
    await publish({ kinds: { email: {} } })
    const externalIds = [`A-${tag}@Example.COM`, `none ${tag}`].map((id) => ({ id, type: 'email' }))
    const ana = await say({ userId: `a-${tag}`, context: { externalIds } })
    const rows = await db()
      .selectFrom('identities')
      .select('value')
      .where('customer_id', '=', ana)
      .where('kind', '=', 'email')
      .execute()
    expect(rows).toEqual([{ value: `a-${tag}@example.com` }])
  })

  test('of two users whom two processes see on one device at once, one is the visitor', async () => {
    for (const round of [1, 2, 3, 4, 5]) {
      const anonymousId = `r-${tag}-${round}`
      const visitor = await say({ anonymousId })
      const users = await Promise.all(
        [1, 2].map((n) => say({ anonymousId, userId: `r${n}-${tag}-${round}` })),
      )
      expect(new Set(users).size).toBe(2)
      expect(users).toContain(visitor)
    }
  })

  test('a device beyond those that one may have is not attached', async () => {
    await publish({ kinds: { anonymous: { perCustomer: 2 } } })
    const userId = `a-${tag}`
    for (const n of [1, 2, 3]) await say({ userId, anonymousId: `a-${tag}-${n}` })
    const ana = await say({ userId })
    expect(await found(`anonymous:a-${tag}-2`)).toEqual([ana])
    expect(await found(`anonymous:a-${tag}-3`)).toEqual([])
    expect(await findings(ana)).toEqual(['anonymous: identity_too_many'])
  })

  test('who was erased does not come back by a number that names no country', async () => {
    await publish({ defaultRegion: 'ES' })
    const number = String(600_000_000 + Math.floor(Math.random() * 99_999_999))
    const tombstoneSecret = 'secret'
    const hash = tombstoneOf(tombstoneSecret, { kind: 'phone', value: `+34${number}` })
    await db()
      .insertInto('erasures')
      .values({
        erasure_id: tag,
        subject: tag,
        customer_ids: [],
        status: 'running',
        receipt: '{}',
        created_at: new Date(NOW_MS),
      })
      .execute()
    await db()
      .transaction()
      .execute((trx) => insertTombstones(trx, tag, [{ hash, kind: 'phone' }]))
    const { accept } = createEventAcceptor({
      db: db(),
      rules,
      now: () => NOW_MS,
      onPending: () => {},
      tombstoneSecret,
    })
    const [answer] = await accept([
      {
        type: 'identify',
        messageId: randomUUID(),
        anonymousId: `z-${tag}`,
        traits: { phone: number },
        historical: false,
      },
    ])
    expect(answer?.customerId).toBe('')
    expect(await found(`anonymous:z-${tag}`)).toEqual([])
  })

  test('repairs read numbers by the default region', async () => {
    const number = String(600_000_000 + Math.floor(Math.random() * 99_999_999))
    const ana = await say({ userId: `a-${tag}`, traits: { mobile: number } })
    await publish({ defaultRegion: 'ES' })
    const wish = { rule: 'again', trait: 'mobile', limit: 500 } as const
    const { repairs } = await planRepairs(db(), wish)
    expect(repairs.filter(({ customerId }) => customerId === ana)).toEqual([
      expect.objectContaining({ trait: 'mobile', after: `+34${number}` }),
    ])
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

  test('a ghost becomes known, and is no ghost any more, with all that was counted', async () => {
    const visitor = { anonymousId: `g-${tag}`, historical: true, timestampMs: NOW_MS - DAY_MS }
    const visit = { ...visitor, type: 'track', event: 'Product Viewed' } as const
    const ghost = await say(visit)
    expect(await say(visit)).toBe(ghost)
    expect(await live(ghost)).toMatchObject({
      known: false,
      lifecycle_state: 'ghost',
      snapshot: { facts: { counters: { 'Product Viewed': { total: 2 } } } },
    })

    expect(await say({ ...visitor, userId: `g-${tag}-user` })).toBe(ghost)
    expect(await linked(ghost)).toEqual([])
    expect(await live(ghost)).toMatchObject({
      known: true,
      lifecycle_state: 'new',
      lifecycle_previous: 'ghost',
      snapshot: { facts: { counters: { 'Product Viewed': { total: 2 } } } },
    })
    await say({ ...visit, userId: `g-${tag}-user`, anonymousId: `g-${tag}-phone` })
    expect(await live(ghost)).toMatchObject({
      snapshot: { facts: { counters: { 'Product Viewed': { total: 3 } } } },
    })
  })
})
