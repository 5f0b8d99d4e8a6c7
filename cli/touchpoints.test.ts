import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'

let database: DatabaseHandle
let api: TestApi
beforeAll(async () => {
  database = await connectEmbedded()
  await migrate(database.db)
  api = await createTestApi(database.db)
})
afterAll(() => database.close())

const touchpoints = (line: string) =>
  runCommand(['touchpoints', ...words(line)], { server: serverOf(api) })

test('rumbo touchpoints shows where events come from, and whose that is', async () => {
  expect((await touchpoints('list')).stdout).toContain('No event has come yet.')
  const context = { source: 'store', channel: 'main_street' }
  for (const event of ['Store Visited', 'Order Completed', 'Order Completed'])
    await api.request('POST /v1/track', { body: { userId: 'ada', event, context } })
  const told = await touchpoints('tell store --owner "store systems" --every P1D')
  expect(told.stdout).toContain('Told of store.')
  await touchpoints('tell call_centre --channel hotline --owner support')
  const { stdout } = await touchpoints('list --days 2')
  expect(stdout).toMatch(/call_centre +hotline +0 +never +support/)
  expect(stdout).toMatch(/store +main_street +Order Completed +2 .* store systems/)
  expect(stdout).toMatch(/^ +Store Visited +1/m)
  expect((await touchpoints('list --json')).json()).toMatchObject({
    data: [{ source: 'call_centre' }, { source: 'store', count: 3, silentAfter: 'P1D' }],
  })
  const forgotten = await touchpoints('tell call_centre --channel hotline')
  expect(forgotten.stdout).toContain('Nothing is told of call_centre/hotline any more.')
})

test('a name that is none is refused', async () => {
  const { code, stderr } = await touchpoints('tell "Call centre" --owner support')
  expect(code).toBe(1)
  expect(stderr).toContain('small letter')
})
