import { beforeAll, describe, expect, test } from 'vitest'
import type { Journey } from '../domain/journeys/journey.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { startApi } from './server.ts'

const NOW = '2026-02-01T00:00:00.000Z'

describeOnEachDatabase('versions', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => Date.parse(NOW) })
  })

  const definition = (key: string, change: Partial<Journey> = {}): Journey => ({
    key,
    title: key,
    class: 'service',
    arbitration: { mode: 'auto', value: 1 },
    entry: { on: [{ event: 'Began' }] },
    start: 'rest',
    steps: { rest: { type: 'wait', for: 'P3D', next: 'end' }, end: { type: 'exit' } },
    ...change,
  })
  const ask = async (call: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await api.request(call, { ...(body === undefined ? {} : { body }), headers })
    return { status: answer.status, body: await answer.json() }
  }
  const publish = (key: string, change: Partial<Journey> = {}, query = '') =>
    ask(`POST /v1/journeys/${key}/versions${query}`, definition(key, change))
  const version = (key: string, number: number) => ask(`GET /v1/journeys/${key}/versions/${number}`)

  test('are closed once, and show since when', async () => {
    await publish('closing')
    const call = 'POST /v1/journeys/closing/versions/1/close'
    const first = await ask(call, undefined, { 'idempotency-key': 'close-it' })
    expect(first).toMatchObject({
      status: 200,
      body: {
        key: 'closing',
        version: 1,
        status: 'closed',
        endedAt: NOW,
        headCount: { total: 0, active: 0, paused: 0, steps: {} },
      },
    })
    expect(await ask(call, undefined, { 'idempotency-key': 'close-it' })).toEqual(first)
    expect(await ask(call)).toMatchObject({
      status: 409,
      body: { type: '/docs/problems.md#conflict' },
    })
    expect(await version('closing', 1)).toMatchObject({
      body: { status: 'closed', endedAt: NOW, definition: definition('closing') },
    })
    expect(await ask('GET /v1/journeys/closing')).toMatchObject({
      body: { live: null, versions: [{ version: 1, status: 'closed' }] },
    })
  })

  test('are stopped, superseded ones too', async () => {
    await publish('stopping')
    await publish('stopping', { queueFor: 'P1D' })
    expect(await ask('POST /v1/journeys/stopping/versions/1/close')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('takes no new entries already') },
    })
    expect(await ask('POST /v1/journeys/stopping/versions/1/stop')).toMatchObject({
      status: 200,
      body: { version: 1, status: 'stopped', endedAt: NOW },
    })
    expect(await ask('GET /v1/journeys/stopping')).toMatchObject({
      body: { live: { version: 2, status: 'live', endedAt: null } },
    })
  })

  test('are rolled back by publishing older content again', async () => {
    await publish('rolled')
    await publish('rolled', { queueFor: 'P1D' })
    const call = 'POST /v1/journeys/rolled/rollback'
    expect(await ask(call, { to: 1 })).toMatchObject({
      status: 201,
      body: { key: 'rolled', version: 3, note: 'rollback to 1', publishedAt: NOW },
    })
    expect(await ask(call, { to: 1 })).toMatchObject({ status: 200, body: { version: 3 } })
    expect(await ask(call, { to: 9 })).toMatchObject({ status: 404 })
    expect(await ask(call, { to: '1', also: 2 })).toMatchObject({ status: 400 })
  })

  test('on top of one that is not the latest any more are refused with the newer one', async () => {
    await publish('based')
    await publish('based', { queueFor: 'P1D' }, '?base=1')
    const refused = await publish('based', { queueFor: 'P2D' }, '?base=1')
    expect(refused).toMatchObject({
      status: 409,
      body: {
        type: '/docs/problems.md#newer_version',
        status: 409,
        key: 'based',
        version: 2,
        publishedAt: NOW,
        findings: [],
      },
    })
    expect(await publish('based', { queueFor: 'P2D' }, '?base=2')).toMatchObject({ status: 201 })
    expect(await publish('based', { queueFor: 'P2D' }, '?base=1')).toMatchObject({ status: 200 })
    expect(await publish('based', {}, '?base=x')).toMatchObject({ status: 400 })
  })

  describe('published at the same time follow each other once: the others get the newer one', () => {
    const race = async (key: string, meanwhile: () => void = () => {}) => {
      const server = await startApi({ ...api.deps, now: Date.now, host: '127.0.0.1', port: 0 })
      const send = async (change: Partial<Journey>) => {
        const answer = await fetch(`${server.url}/v1/journeys/${key}/versions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
          body: JSON.stringify(definition(key, change)),
        })
        return { status: answer.status, body: (await answer.json()) as { version: number } }
      }
      expect((await send({})).status).toBe(201)
      meanwhile()
      const answers = await Promise.all(['P1D', 'P2D', 'P3D'].map((queueFor) => send({ queueFor })))
      const [won, ...lost] = answers.toSorted((a, b) => a.status - b.status)
      expect(won).toMatchObject({ status: 201, body: { version: 2 } })
      for (const each of lost) expect(each).toMatchObject({ status: 409, body: { version: 2 } })
      await server.stop()
    }

    test('as they come', () => race('raced'))

    test.each([3, 8, 15])('also where the process stands still after %i ms', (afterMs) =>
      race(`raced-${afterMs}`, () => void setTimeout(standStill, afterMs)),
    )
  })

  describe('are compared', () => {
    beforeAll(async () => {
      const { steps } = definition('compared')
      await publish('compared')
      await publish('compared', {
        title: 'Compared',
        steps: { ...steps, rest: { type: 'wait', for: 'P2D', next: 'end' } },
      })
    })

    test('by step, by message and in the rest', async () => {
      expect(await ask('GET /v1/journeys/compared/diff?from=1&to=2')).toEqual({
        status: 200,
        body: {
          key: 'compared',
          from: 1,
          to: 2,
          steps: {
            added: [],
            removed: [],
            changed: [
              {
                step: 'rest',
                changes: [{ path: '/steps/rest/for', from: 'P3D', to: 'P2D' }],
              },
            ],
          },
          messages: { added: [], removed: [], changed: [] },
          settings: [{ path: '/title', from: 'compared', to: 'Compared' }],
        },
      })
    })

    test.each([
      ['to=2', 400],
      ['from=0&to=2', 400],
      ['from=1&to=2&by=3', 400],
      ['from=1&to=9', 404],
      ['from=9&to=1', 404],
    ])('not with ?%s: %i', async (query, status) => {
      expect(await ask(`GET /v1/journeys/compared/diff?${query}`)).toMatchObject({ status })
    })
  })
})

/** As a process does that gets no processor for a while. */
function standStill(): void {
  const untilMs = performance.now() + 60
  while (performance.now() < untilMs);
}
