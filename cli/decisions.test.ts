import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { insertDecision } from '../db/decisions.ts'
import { migrate } from '../db/migrate.ts'
import { arbitrate } from '../domain/decisioning/arbitrate.ts'
import type { ArbitrationRequest, Decision } from '../domain/decisioning/arbitration.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf } from '../test/support/command-line.ts'

const AT_MS = Date.parse('2026-12-10T10:00:00Z')

describe('rumbo decisions', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
    for (const customerId of ['ada', 'ben'])
      await database.db
        .insertInto('customers')
        .values({ customer_id: customerId, created_at: new Date(AT_MS) })
        .execute()
  })
  afterAll(() => database.close())

  /** A decision as the arbiter leaves one; `change` is what went wrong with it. */
  const store = async (
    customerId: string,
    n: number,
    change: Partial<Decision> = {},
  ): Promise<string> => {
    const request: ArbitrationRequest = {
      decisionId: `${customerId}.${n}.with:all@sorts/of #signs`,
      customerId,
      test: false,
      atMs: AT_MS + n,
      bookHash: 'b',
      cause: { type: 'event', event: 'Signed Up', seq: n },
      active: null,
      pausedRuns: 0,
      candidates: [
        {
          candidateId: 'welcome@1:1',
          source: 'trigger',
          journey: 'welcome',
          version: 1,
          hash: 'h',
          class: 'marketing',
          arbitration: { mode: 'auto', value: 12 },
          qualifiedAtMs: AT_MS,
          queueForMs: null,
          expiresAtMs: null,
          runId: null,
          barred: null,
        },
      ],
      autoSwitchesAtMs: [],
    }
    const decision = { ...arbitrate(request), ...change }
    await insertDecision(database.db, { request, decision })
    return request.decisionId
  }
  const decisions = (...args: string[]) =>
    runCommand(['decisions', ...args], { server: serverOf(api) })

  test('show says in words why one won', async () => {
    const id = await store('ada', 1)
    const said = await decisions('show', id)
    expect(said.code).toBe(0)
    expect(said.stdout).toContain('“Signed Up” happened.')
    expect(said.stdout).toContain(
      'welcome@1 qualified now (chance 10 % × worth 12 × lever 1 = 1.2) and wins.',
    )
    const of = await runCommand(['customers', 'decisions', 'ada'], { server: serverOf(api) })
    expect(of.stdout).toBe(said.stdout)
    expect((await decisions('show', 'nobody')).code).toBe(1)
  })

  test('replay takes one again and finds it equal; ids with any signs are found', async () => {
    const id = await store('ada', 2)
    const said = await decisions('replay', id)
    expect([said.code, said.stdout]).toEqual([0, 'equal\n'])
  })

  test('replay says what is otherwise, and ends with 1', async () => {
    const id = await store('ben', 3, { outcome: 'stay' })
    const said = await decisions('replay', id)
    expect(said.code).toBe(1)
    expect(said.stdout).toContain('/outcome')
    expect(said.stdout).toContain('- "stay"')
    expect(said.stdout).toContain('+ "enter"')
    expect((await decisions('replay', id, '--json')).json()).toEqual({
      count: 1,
      equal: 0,
      differences: [{ decisionId: id, changes: [{ path: '/outcome', from: 'stay', to: 'enter' }] }],
    })
  })

  test('replay --all sweeps over pages, as many as are asked for, or of one customer', async () => {
    for (let n = 10; n < 220; n++) await store('ada', n)
    const all = await decisions('replay', '--all', '--customer', 'ada', '--json')
    expect(all.json()).toMatchObject({ differences: [], equal: expect.any(Number) })
    const { count } = all.json() as { count: number }
    expect(count).toBeGreaterThan(209)
    const last = await decisions('replay', '--all', '--last', '205')
    expect(last.stdout).toBe('205 decisions taken again, all equal\n')
    await store('ben', 900, { summary: 'otherwise' })
    const wrong = await decisions('replay', '--all', '--json')
    expect(wrong.code).toBe(1)
    expect(wrong.json()).toMatchObject({
      differences: expect.arrayContaining([
        expect.objectContaining({ changes: [expect.objectContaining({ path: '/summary' })] }),
      ]),
    })
  })

  test('replay wants one decision or all of them', async () => {
    expect((await decisions('replay')).code).toBe(2)
    expect((await decisions('replay', 'd', '--all')).code).toBe(2)
    expect((await decisions('replay', 'd', '--last', '3')).code).toBe(2)
  })
})
