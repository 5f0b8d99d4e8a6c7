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

const checkpoints = (line: string) =>
  runCommand(['data-quality', 'checkpoints', ...words(line)], { server: serverOf(api) })

test('rumbo data-quality checkpoints opens one, shows what is to be done, takes the effort, and signs it off', async () => {
  expect((await checkpoints('list')).stdout).toContain('There is none yet')
  await api.request('POST /v1/identify', { body: { userId: 'ana', traits: { email: 'none' } } })
  const opened = await checkpoints('open --owner Ines --json')
  const { id, findings } = opened.json() as { id: string; findings: { problem: string }[] }
  const problem = findings[0]?.problem ?? ''
  expect((await checkpoints(`show ${id}`)).stdout).toMatch(/email +1 +1 +0/)
  const worked = await checkpoints(`work ${id} ${problem} email --minutes 20 --note called`)
  expect(worked.stdout).toMatch(/email +1 +1 +20/)
  expect((await checkpoints(`sign-off ${id} --note done`)).stdout).toContain('is signed off')
  expect(await checkpoints(`sign-off ${id}`)).toMatchObject({ code: 1 })
  expect((await checkpoints('list')).stdout).toMatch(/Ines +1 +1 +0 +20/)
})
