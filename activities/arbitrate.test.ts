import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { TurnRecord } from '../domain/actor/effects.ts'
import type { ArbitrationRequest, Candidate } from '../domain/decisioning/arbitration.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { publishJourney } from '../operations/publish-journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createArbitrate } from './arbitrate.ts'

const AT_MS = Date.UTC(2026, 0, 5)

const welcome = (title: string, value: number): Journey => ({
  key: 'welcome',
  title,
  class: 'service',
  arbitration: { mode: 'auto', value },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'end',
  steps: { end: { type: 'exit' } },
})

describeOnEachDatabase('arbitrate', (db) => {
  let first: { hash: string }
  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    first = await publish(welcome('First', 1))
  })

  const publish = (definition: Journey) =>
    publishJourney({ db: db(), nowMs: () => AT_MS }, { keyId: null, definition, note: null })
  const bookHash = async (): Promise<string> =>
    (await db().selectFrom('rule_book').select('hash').executeTakeFirstOrThrow()).hash
  const customer = async (): Promise<string> => {
    const customerId = randomUUID()
    await db()
      .insertInto('customers')
      .values({ customer_id: customerId, deliver_to: null, created_at: new Date(AT_MS) })
      .execute()
    return customerId
  }
  const request = async (
    customerId: string,
    parts: Partial<ArbitrationRequest> = {},
  ): Promise<ArbitrationRequest> => ({
    decisionId: `${customerId}.1`,
    customerId,
    test: false,
    atMs: AT_MS,
    bookHash: await bookHash(),
    cause: { type: 'event', event: 'Signed Up', seq: 1 },
    active: null,
    pausedRuns: 0,
    candidates: [candidate('welcome', first.hash)],
    autoSwitchesAtMs: [],
    ...parts,
  })
  const ask = (asked: ArbitrationRequest, record: TurnRecord | null = null) =>
    createArbitrate({ db: db() })({ request: asked, record })
  const stored = (customerId: string) =>
    db()
      .selectFrom('decisions')
      .select(['outcome', 'winner', 'request'])
      .where('customer_id', '=', customerId)
      .execute()

  test('decides, stores what it decided from, and brings the definition of the winner', async () => {
    const customerId = await customer()
    const answer = await ask(await request(customerId))
    expect(answer).toMatchObject({
      type: 'decided',
      decision: { outcome: 'enter' },
      definition: { key: 'welcome', steps: { end: { type: 'exit' } } },
    })
    expect(await stored(customerId)).toMatchObject([
      { outcome: 'enter', winner: 'welcome', request: { customerId } },
    ])
  })

  test('answers a retry with what is stored, also when rules were published in between', async () => {
    const customerId = await customer()
    const asked = await request(customerId)
    const answer = await ask(asked)
    await publish(welcome('Between', 2))
    const again = await ask({ ...asked, candidates: [] })
    expect({ ...again, bookHash: '' }).toEqual({ ...answer, bookHash: '' })
    expect(await stored(customerId)).toHaveLength(1)
  })

  test('two tries at once answer alike and store one decision', async () => {
    const customerId = await customer()
    const asked = await request(customerId)
    const [one, other] = await Promise.all([ask(asked), ask(asked)])
    expect(other).toEqual(one)
    expect(await stored(customerId)).toHaveLength(1)
  })

  test('starts whoever begins anew in the live version, judged by its worth', async () => {
    const newest = await publish(welcome('Newest', 7))
    const answer = await ask(await request(await customer()))
    expect(answer).toMatchObject({
      definition: { hash: newest.hash, version: newest.version },
      decision: { fates: [{ score: { value: 7 } }] },
    })
  })

  test('leaves a paused run on its own version and brings no definition', async () => {
    const paused = { ...candidate('welcome', 'old'), source: 'paused' as const, version: 0 }
    const answer = await ask(await request(await customer(), { candidates: [paused] }))
    expect(answer).toMatchObject({
      decision: { outcome: 'resume', fates: [{ version: 0 }] },
      definition: null,
    })
  })

  test('does not decide under a book that is no longer in force, but writes the record it was handed', async () => {
    const customerId = await customer()
    const entry = { atMs: AT_MS, kind: 'lifecycle' as const, summary: 'new', data: {} }
    const record: TurnRecord = {
      customerId,
      turn: 1,
      entries: [entry],
      runs: [],
      deliveries: [],
      traits: {},
      failures: [],
      page: {
        atMs: AT_MS,
        lifecycle: { state: 'new', sinceMs: AT_MS, previous: null, reason: 'r' },
        deferred: [],
        nextWakeAtMs: null,
      },
    }
    const answer = await ask(await request(customerId, { bookHash: 'older' }), record)
    expect(answer).toEqual({
      type: 'staleBook',
      decisionId: `${customerId}.1`,
      bookHash: await bookHash(),
    })
    expect(await stored(customerId)).toEqual([])
    const lines = await db()
      .selectFrom('timeline_entries')
      .select('summary')
      .where('customer_id', '=', customerId)
      .execute()
    expect(lines).toEqual([{ summary: 'new' }])
  })
})

const candidate = (journey: string, hash: string): Candidate => ({
  candidateId: `${journey}:1`,
  source: 'trigger',
  journey,
  version: 1,
  hash,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  qualifiedAtMs: AT_MS,
  queueForMs: null,
  expiresAtMs: null,
  runId: null,
  barred: null,
})
