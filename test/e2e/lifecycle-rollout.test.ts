import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const DAY_MS = 86_400_000
/** So many that half of them by hash are never all or none. */
const NAMES = Array.from({ length: 16 }, (_, index) => (index === 0 ? 'ana' : `user-${index}`))
const ALL = NAMES.length

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  await rumbo.publish(
    journey('win-back', {
      class: 'service',
      entry: { on: [{ lifecycle: 'waiting' }], reentry: { mode: 'afterExit' } },
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
    }),
  )
  // Twenty days of silence, told late: whoever is new is met by an event that starts nothing.
  for (const name of NAMES) {
    const timestamp = new Date(Date.now() - 20 * DAY_MS).toISOString()
    await rumbo.track(name, 'Order Completed', { revenue: 10 }, { timestamp })
  }
  await states('occasional', ALL)
})
afterAll(() => rumbo.stop())

const stateOf = async (name: string) => {
  const { body } = await rumbo.call('GET', `/v1/customers/${name}`)
  return (body['lifecycle'] as { state: string } | null)?.state
}
const states = (state: string, count: number) =>
  eventually(`${count} are ${state}`, async () => {
    const found = await Promise.all(NAMES.map(stateOf))
    return found.filter((each) => each === state).length === count
  })
const publish = async (document: object): Promise<number> => {
  const { status, body } = await rumbo.call('PUT', '/v1/lifecycle', document)
  expect(status, JSON.stringify(body)).toBe(201)
  return body['version'] as number
}
const rollout = async (version: number) =>
  (await rumbo.call('GET', `/v1/lifecycle/rollouts/${version}`)).body
const ended = (version: number, status: string) =>
  eventually(`rollout ${version} is ${status}`, async () => {
    const found = await rollout(version)
    return found['status'] === status && (found['people'] as { waiting: number }).waiting === 0
  })
const entered = async () =>
  (await rumbo.db.selectFrom('runs').select('customer_id').execute()).length
const history = async (name: string) => {
  const { body } = await rumbo.call('GET', `/v1/customers/${name}/lifecycle`)
  return (body['data'] as { state: string; rules: number | null }[]).map(
    ({ state, rules }) => `${state} ${rules ?? '–'}`,
  )
}

test('other rules reach everybody who sleeps, and by themselves start nothing', async () => {
  const version = await publish({ waitingAfter: 'P10D' })
  await states('waiting', ALL)
  await ended(version, 'done')
  expect(await rollout(version)).toMatchObject({ people: { all: ALL, told: ALL, moved: ALL } })
  expect(await entered()).toBe(0)
  expect(await history('ana')).toEqual(['waiting 1', 'occasional –'])
})

test('older ones are brought back in the same way, and a canary goes first', async () => {
  await ended(await publish({}), 'done')
  await states('occasional', ALL)

  const triggering = { canary: 0.5, entries: 'trigger' as const }
  const version = await publish({ waitingAfter: 'P15D', rollout: triggering })
  await ended(version, 'paused')
  const { told } = (await rollout(version))['people'] as { told: number }
  expect(told).toBeGreaterThan(0)
  expect(told).toBeLessThan(ALL)
  await states('waiting', told)
  await eventually('who was moved has entered', async () => (await entered()) === told)

  const resumed = await rumbo.call('POST', `/v1/lifecycle/rollouts/${version}/resume`, {
    canary: 1,
  })
  expect(resumed.status).toBe(200)
  await states('waiting', ALL)
  await ended(version, 'done')
  expect(await rollout(version)).toMatchObject({ people: { told: ALL, moved: ALL } })
  await eventually('who was moved has entered', async () => (await entered()) === ALL)
})
