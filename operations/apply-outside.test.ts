import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { listFirstUndelivered } from '../db/batches.ts'
import { listLoadedRules } from '../db/loaded-rules.ts'
import { beginLife } from '../db/sleepers.ts'
import { absorbRules, advance } from '../domain/actor/advance.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { EventBatch, Input } from '../domain/actor/inputs.ts'
import { newCustomer } from '../domain/actor/new-customer.ts'
import type { Rules } from '../domain/actor/turn.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import { createEventAcceptor } from './accept-events.ts'
import { applyOutside } from './apply-outside.ts'
import { claimBatches } from './claim-batches.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'
import { createPublishedRules } from './published-rules.ts'

const NOW_MS = Date.UTC(2026, 0, 5)
const DAY_MS = 86_400_000

describeOnEachDatabase('a batch of imports for a customer without an actor', (db) => {
  const rules = createPublishedRules()
  const deps = () => ({ db: db(), rules, now: () => NOW_MS })

  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    const publish = { db: db(), nowMs: () => NOW_MS }
    await publishJourney(publish, { keyId: null, note: null, definition: journey('welcome') })
  })

  /** Stores events of a customer, imported unless told otherwise, each so many days ago; fixes the batch that is next. */
  const say = async (
    userId: string,
    events: readonly (readonly [name: string, daysAgo: number])[],
    { historical = true } = {},
  ): Promise<{ customerId: string; batch: EventBatch }> => {
    const acceptor = createEventAcceptor({
      db: db(),
      now: () => NOW_MS,
      onPending: () => {},
      rules,
    })
    const accepted = await acceptor.accept(
      events.map(([event, daysAgo]) => ({
        type: 'track' as const,
        messageId: randomUUID(),
        userId,
        event,
        properties: { revenue: 12.5 },
        historical,
        timestampMs: NOW_MS - daysAgo * DAY_MS,
      })),
    )
    const customerId = accepted[0]?.customerId ?? ''
    const claim = { leaseMs: 30_000, delivered: [], giveBack: [] }
    await claimBatches({ db: db(), rules }, { ...claim, owner: 'me', lookAt: [customerId] })
    const [stored] = await listFirstUndelivered(db(), [customerId])
    if (stored === undefined) throw new Error('nothing was to be delivered')
    return { customerId, batch: stored.batch }
  }
  const rowOf = (customerId: string) =>
    db()
      .selectFrom('customers')
      .selectAll()
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow()
  const isDelivered = async (customerId: string): Promise<boolean> =>
    (await listFirstUndelivered(db(), [customerId])).length === 0

  /** The same batch as an actor hears it. */
  const live = async (before: CustomerState, batch: EventBatch): Promise<CustomerState> => {
    let state = before
    let held: Rules = { book: null, definitions: {} }
    for (let inputs: Input[] = [{ type: 'batch', batch }]; inputs.length > 0;) {
      held = inputs.reduce(absorbRules, held)
      const { actor, effects } = advance(state, held, inputs, NOW_MS)
      state = actor
      inputs = []
      for (const effect of effects)
        if (effect.type === 'load') {
          const { customerId } = state
          const loaded = await listLoadedRules(db(), { customerId, request: effect.request })
          inputs.push({ type: 'loaded', loaded })
        }
    }
    return state
  }

  test('leaves what the actor would have come to, with its page and its timeline', async () => {
    const first = await say('ana', [
      ['Signed Up', 60],
      ['Order Completed', 40],
    ])
    const { customerId } = first
    expect(await applyOutside(deps(), customerId, first.batch)).toBe(true)
    const second = await say('ana', [
      ['Order Completed', 50],
      ['Order Completed', 10],
    ])
    expect(second.batch.n).toBe(2)
    expect(await applyOutside(deps(), customerId, second.batch)).toBe(true)

    const newcomer = newCustomer({ customerId, test: false, zone: 'UTC', known: true }, NOW_MS)
    const lived = await live(await live(newcomer, first.batch), second.batch)
    const row = await rowOf(customerId)
    expect(row.snapshot).toEqual(JSON.parse(JSON.stringify(lived)))
    expect(row).toMatchObject({
      actor: 'asleep',
      snapshot_batch: 2,
      lifecycle_state: 'repeater',
      wake_at: new Date(lived.lifecycle.nextAtMs ?? 0),
    })
    expect(await isDelivered(customerId)).toBe(true)
    const timeline = await db()
      .selectFrom('timeline_entries')
      .select('kind')
      .where('customer_id', '=', customerId)
      .execute()
    expect(timeline.map(({ kind }) => kind)).toContain('lifecycle')
  })

  test('is applied once, also when two processes have it', async () => {
    const { customerId, batch } = await say('bo', [['Order Completed', 40]])
    await Promise.all([
      applyOutside(deps(), customerId, batch),
      applyOutside(deps(), customerId, batch),
    ])
    const { snapshot } = await rowOf(customerId)
    expect(snapshot?.facts.counters['Order Completed']?.total).toBe(1)
  })

  test('is left to an actor that was started meanwhile', async () => {
    const { customerId, batch } = await say('cy', [['Order Completed', 40]])
    await db()
      .transaction()
      .execute((trx) => beginLife(trx, customerId))
    expect(await applyOutside(deps(), customerId, batch)).toBe(false)
    expect(await rowOf(customerId)).toMatchObject({ actor: 'open', snapshot: null })
    expect(await isDelivered(customerId)).toBe(false)
  })

  test('is left to the actor while another batch is on its way to it', async () => {
    const { customerId, batch } = await say('di', [['Signed Up', 0]], { historical: false })
    await db()
      .updateTable('batches')
      .set({ delivered_at: new Date(NOW_MS) })
      .where('customer_id', '=', customerId)
      .execute()
    const next = await say('di', [['Order Completed', 40]])
    expect(next.batch.n).toBe(batch.n + 1)
    expect(await applyOutside(deps(), customerId, next.batch)).toBe(false)
  })

  test('is left to the actor where the customer did something in it', async () => {
    const { customerId, batch } = await say('ed', [['Product Viewed', 0]], { historical: false })
    expect(await applyOutside(deps(), customerId, batch)).toBe(false)
  })

  test('is left to the actor where something is due soon', async () => {
    // No longer new in an hour.
    const { customerId, batch } = await say('flo', [['Signed Up', 14 - 1 / 24]])
    expect(await applyOutside(deps(), customerId, batch)).toBe(false)
    expect(await rowOf(customerId)).toMatchObject({ actor: 'none', snapshot: null })
  })

  test('is left to the actor where a deadline has passed, which asks the arbiter', async () => {
    const { customerId, batch } = await say('gil', [['Signed Up', 1]])
    expect(await applyOutside(deps(), customerId, batch)).toBe(true)
    const { snapshot } = await rowOf(customerId)
    const next = await say('gil', [['Product Viewed', 2]])
    const later = { ...deps(), now: () => (snapshot?.lifecycle.nextAtMs ?? 0) + 1 }
    expect(await applyOutside(later, customerId, next.batch)).toBe(false)
    expect((await rowOf(customerId)).snapshot).toEqual(snapshot)
  })

  test('is left to the actor of a test customer', async () => {
    const { customerId, batch } = await say('hal', [['Order Completed', 40]])
    await db()
      .updateTable('customers')
      .set({ test: true })
      .where('customer_id', '=', customerId)
      .execute()
    expect(await applyOutside(deps(), customerId, batch)).toBe(false)
  })
})
