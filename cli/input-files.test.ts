import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf } from '../test/support/command-line.ts'

let database: DatabaseHandle
let api: TestApi
let folder: string

beforeAll(async () => {
  database = await connectEmbedded()
  await migrate(database.db)
  api = await createTestApi(database.db)
})
afterAll(() => database.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-inputs-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const simulate = (...args: string[]) =>
  runCommand(
    ['simulate', 'examples/journeys/welcome.json', '--alone', '--until', '2026-12-20', ...args],
    { server: serverOf(api) },
  )

test('what the server finds wrong with files of a request is shown at its line, all at once', async () => {
  const events = write(
    'events.json',
    '[\n  { "at": "2026-12-01T10:00:00Z" },\n  { "at": "x", "event": "A" }\n]\n',
  )
  const customer = write('customer.json', '{\n  "trait": {}\n}\n')
  const said = await simulate('--events', events, '--customer', customer)
  expect(said.code).toBe(1)
  expect(said.stderr).toContain('events.json:2:3 error missing_field  "event" is missing')
  expect(said.stderr).toContain('events.json:3:11 error invalid_value')
  expect(said.stderr).toContain('customer.json:2:3 error unknown_field')
  expect(said.stderr.match(/missing_field/g)).toHaveLength(1)
})

test('programs get the places too', async () => {
  const customer = write('customer.json', '{\n  "trait": {}\n}\n')
  expect((await simulate('--customer', customer, '--json')).json()).toMatchObject({
    error: { findings: [{ code: 'unknown_field', path: '/customer/trait', line: 2, column: 3 }] },
  })
})
