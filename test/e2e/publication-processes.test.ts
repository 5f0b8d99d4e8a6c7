import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startApi, type RunningApi } from '../../api/server.ts'
import { connectServer, type DatabaseHandle } from '../../db/connect.ts'
import { createEventAcceptor } from '../../operations/accept-events.ts'
import { createPublishedRules } from '../../operations/published-rules.ts'
import { startDispatcher, type RunningDispatcher } from '../../operations/start-dispatcher.ts'
import { createServerDatabase } from '../support/database.ts'
import { journey } from '../support/journeys.ts'
import { LINK_SECRET, TOMBSTONE_SECRET } from '../support/link-secret.ts'
import { processLog } from '../support/process-log.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const postgresUrl = inject('postgresUrl')
const calm = (within: string) =>
  journey('shared', {
    class: 'service',
    entry: { on: [{ event: 'Began' }] },
    start: 'rest',
    steps: { rest: { type: 'wait', for: within, next: 'done' }, done: { type: 'exit' } },
    messages: {},
  })

/** One process as `startTestRumbo` makes it, and beside it a second acceptor, dispatcher and API over the same store. */
describe.skipIf(postgresUrl === undefined)('two processes over one store', () => {
  let one: TestRumbo
  let handle: DatabaseHandle
  let dispatcher: RunningDispatcher
  let other: RunningApi

  beforeAll(async () => {
    const database = await createServerDatabase(postgresUrl ?? '')
    one = await startTestRumbo(database)
    handle = connectServer(database.url)
    const { db } = handle
    const rules = createPublishedRules()
    const { log } = processLog()
    const { client } = one
    const onError = (err: unknown): void => log.error({ err }, 'dispatch')
    dispatcher = await startDispatcher({ db, rules, client, onError, exclusive: false })
    const onPending = (customerIds: string[]): void => dispatcher.wake(customerIds)
    other = await startApi({
      db,
      log,
      rules,
      onPending,
      onMigration: () => {},
      onResume: () => {},
      onRollout: () => {},
      onEntry: () => {},
      onRetention: () => {},
      onJob: () => {},
      acceptor: createEventAcceptor({ db, now: Date.now, onPending, rules }),
      now: Date.now,
      client: () => client,
      timeTravel: true,
      checkEngine: async () => {},
      linkSecret: LINK_SECRET,
      tombstoneSecret: TOMBSTONE_SECRET,
      encryptsPayloads: false,
      temporalUi: { url: 'http://127.0.0.1:1', namespace: 'default' },
      host: '127.0.0.1',
      port: 0,
    })
  })
  afterAll(async () => {
    await other.stop()
    await dispatcher.stop()
    await handle.close()
    await one.stop()
  })

  /** Which versions a customer is in once the other process has taken the event and it is decided. */
  const beginOnOther = async (userId: string): Promise<string[]> => {
    const call = async <T>(path: string, body?: object): Promise<T> => {
      const answer = await fetch(`${other.url}${path}`, {
        headers: { authorization: `Bearer ${one.key}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })
      expect(answer.status).toBe(200)
      return (await answer.json()) as T
    }
    const { decisions } = await call<{ decisions: unknown[] }>('/v1/track?wait=handled', {
      userId,
      event: 'Began',
    })
    if (decisions.length === 0) return []
    return eventually(`${userId} is inside`, async () => {
      const { runs } = await call<{ runs: { version: number; step: string }[] }>(
        `/v1/customers/${userId}`,
      )
      return runs.length > 0 && runs.map(({ version, step }) => `${version}:${step}`)
    })
  }
  const order = (what: string) => one.call('POST', `/v1/journeys/shared/versions/${what}`)

  test('what one publishes, closes or stops is in force for the next event that the other takes', async () => {
    await one.publish(calm('P1D'))
    expect(await beginOnOther('a')).toEqual(['1:rest'])
    await one.publish(calm('P2D'))
    expect(await beginOnOther('b')).toEqual(['2:rest'])
    expect((await order('2/close')).status).toBe(200)
    expect(await beginOnOther('c')).toEqual([])
    await one.publish(calm('P2D'))
    expect(await beginOnOther('d')).toEqual(['3:rest'])
    expect((await order('3/stop')).status).toBe(200)
    expect(await beginOnOther('e')).toEqual([])
    await eventually('whoever the other one let in has left', async () => {
      const rows = await one.db
        .selectFrom('runs')
        .select('version')
        .where('end_reason', '=', 'version_stopped')
        .execute()
      return rows.length === 1 && rows[0]?.version === 3
    })
  })
})
