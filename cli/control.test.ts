import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
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
beforeEach(async () => {
  await database.db.deleteFrom('stops').execute()
})

const control = (line: string, ask: (() => Promise<boolean>) | null = null) =>
  runCommand(['control', ...words(line)], { server: serverOf(api), ask })

test('stops what it is told to, shows it, and resumes it', async () => {
  expect((await control('show')).stdout).toContain('Nothing is stopped.')
  const stopped = await control(
    'stop --journey welcome --reason "a broken link" --except service --yes',
  )
  expect(stopped).toMatchObject({ code: 0, stdout: 'Stopped: journey welcome.\n' })
  expect((await control('show')).stdout).toMatch(/journey welcome\W+service\W.*a broken link/)
  const resumed = await control('resume --journey welcome --per-second 5 --json')
  expect(resumed.json()).toMatchObject({ status: 'running', ramp: { email: { perSecond: 5 } } })
  expect((await control('show --json')).json()).toMatchObject({ stops: [] })
})

test('asks before it stops, and takes no for an answer', async () => {
  expect(await control('stop --all --reason x')).toMatchObject({ code: 2 })
  expect(await control('stop --all --reason x', async () => false)).toMatchObject({ code: 1 })
  expect((await control('show --json')).json()).toMatchObject({ stops: [] })
})

test.each([
  'stop --reason x --yes',
  'stop --all --journey welcome --reason x --yes',
  'stop --channel pigeon --reason x --yes',
  'stop --all --reason x --except spam --yes',
  'capacity phones --until 2030-01-01',
])('refuses "%s" as it stands', async (line) => {
  expect(await control(line)).toMatchObject({ code: 2 })
})

test('what is not stopped cannot be resumed', async () => {
  expect(await control('resume --all')).toMatchObject({ code: 1 })
})

test('tells a capacity and shows it', async () => {
  await control('capacity phones 600 --until 2030-01-01')
  expect((await control('capacity phones')).stdout).toBe(
    'phones: 600 s, of which 0 s are used and 0 s reserved until 2030-01-01 00:00:00Z. 0 sends wait.\n',
  )
})
