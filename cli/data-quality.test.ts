import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'

describe('rumbo data-quality', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
    const said = [
      { userId: 'ada', traits: { email: 'ada@gmai.com', lastName: 'NULL' } },
      { userId: 'bob', traits: { email: 'bob@hotmaill.com', phone: '0170 1234567' } },
      { userId: 'bib', traits: { email: 'bob@hotmaill.com' } },
    ]
    for (const body of said) await api.request('POST /v1/identify', { body })
  })
  afterAll(() => database.close())

  const quality = (line: string) =>
    runCommand(['data-quality', ...words(line)], { server: serverOf(api) })

  test('report counts', async () => {
    const { stdout } = await quality('report')
    expect(stdout).toContain('3 customers')
    expect(stdout).toMatch(/mistyped_domain +email +flagged +3/)
    expect(stdout).toMatch(/same_email +1 +2/)
    expect(stdout).toMatch(/email reachable +3/)
  })

  test('tracking-plan compares what came in with the plan', async () => {
    expect((await quality('tracking-plan')).stdout).toContain('There is no tracking plan')
    const schema = { required: ['form'] }
    const plan = { events: { 'Form Sent': { schema, owner: 'web' }, Never: {} } }
    await api.request('PUT /v1/tracking-plan', { body: plan })
    for (const event of ['Form Sent', 'Form sent'])
      await api.request('POST /v1/track', { body: { userId: 'ada', event, messageId: event } })
    const { stdout } = await quality('tracking-plan --days 2')
    expect(stdout).toMatch(/Form Sent +1 +1 +0 .* web/)
    expect(stdout).toMatch(/Never +0 +0 +0 +never/)
    expect(stdout).toMatch(/Form Sent +\/required\/0 .* 1 +track +Form Sent/)
    expect(stdout).toMatch(/Form sent +1 +0/)
  })

  test('show says what is wrong with one', async () => {
    const { stdout } = await quality('show ada')
    expect(stdout).toMatch(/email +reachable, marketing not allowed/)
    expect(stdout).toMatch(/lastName +placeholder +NULL/)
  })

  test('findings are listed with what was said', async () => {
    expect((await quality('findings --problem no_country')).stdout).toMatch(
      /phone +no_country +0170 1234567/,
    )
    expect((await quality('findings --problem nothing')).stdout).toContain('Nothing is wrong.')
  })

  test('repair shows first, asks, repairs, and can be undone', async () => {
    const line = 'repair suggestion --problem mistyped_domain'
    expect((await quality(`${line} --dry-run`)).stdout).toMatch(/ada@gmai\.com +ada@gmail\.com/)
    expect((await quality(line)).code).toBe(2)
    const done = await quality(`${line} --yes --json`)
    const { repaired, repairIds } = done.json() as { repaired: number; repairIds: string[] }
    expect(repaired).toBe(3)
    expect((await quality(`undo ${repairIds[0]}`)).stdout).toContain('Put back 3')
    expect((await quality(`${line} --dry-run`)).stdout).toMatch(/ada@gmai\.com +ada@gmail\.com/)
  })

  test('repair takes values from a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'rumbo-')), 'values.json')
    writeFileSync(file, JSON.stringify([{ customer: 'ada', trait: 'lastName', value: 'Lovelace' }]))
    expect((await quality(`repair values --file ${file} --yes`)).stdout).toContain('Repaired 1')
    expect((await quality('show ada')).stdout).not.toContain('placeholder')
  })

  test.each(['repair guess --yes', 'repair values --yes', 'repair values --file gone.json --yes'])(
    '%s is a wrong command line',
    async (line) => {
      expect((await quality(line)).code).toBe(2)
    },
  )
})
