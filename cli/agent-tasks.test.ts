import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { addCaller, propose } from '../test/support/agent-tasks.ts'
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

const tasks = (line: string) => runCommand(['tasks', ...words(line)], { server: serverOf(api) })

test('rumbo tasks shows what is to be proposed, gives it to one agent, and takes the answer', async () => {
  expect((await tasks('list')).stdout).toContain('There is nothing to propose.')
  const at = new Date()
  await addCaller(database.db, 'ada', { at })
  await propose(database.db, { taskId: 'ada.1', customerId: 'ada', at, content: { priority: 70 } })
  expect((await tasks('list --customer ada')).stdout).toMatch(/ada\.1 +70 +The tent/)
  const { stdout } = await tasks('next ada --agent eve')
  expect(stdout).toMatch(/reason +A hero/)
  expect(stdout).toMatch(/message +70 \(as its message says\)/)
  expect((await tasks('next ada --agent bob')).stdout).toContain('There is nothing to propose.')
  const taken = await tasks('accept ada.1 --agent bob')
  expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining('eve') as string })
  const declined = await tasks('decline ada.1 --agent eve --reason not_now --note "is at work"')
  expect(declined.stdout).toContain('The task is declined.')
  expect((await tasks('next ada --agent eve --json')).json()).toBeNull()
})
