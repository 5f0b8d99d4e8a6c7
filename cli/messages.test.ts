import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'
import { journey, mail } from '../test/support/journeys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-messages-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(content, null, 2))
  return file
}

describe('rumbo messages check', () => {
  test('shows every mistake with its place, without a server', async () => {
    const file = write('a.json', { key: 'a', sms: { text: '{{ who }}' } })
    const { code, stdout } = await runCommand(['messages', 'check', file])
    expect(code).toBe(1)
    expect(stdout).toMatch(/a\.json:4:13 error unknown_name/)
  })

  test('takes the examples', async () => {
    expect((await runCommand(words('messages check examples/messages/'))).code).toBe(0)
  })
})

describe('on a server', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
  })
  afterAll(() => database.close())
  const run = (...args: string[]) => runCommand(args, { server: serverOf(api) })

  test('messages are published, shown, taken by a journey, and renewed with it; and back', async () => {
    const hello = { key: 'hello', title: 'Greeting', ...mail('Aroma, {{ customer.traits.name }}') }
    const file = write('hello.json', hello)
    expect((await run('messages', 'publish', file, '--dry-run')).stdout).toContain('hello  is new')
    expect(await run('messages', 'publish', file, '--yes')).toMatchObject({ code: 0 })
    expect((await run('messages', 'list')).stdout).toMatch(/hello +1 .*Greeting/)

    const shown = await run('messages', 'preview', 'hello', '--trait', 'name=Ana')
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Aroma, Ana') as string,
    })
    expect(await run('messages', 'preview', 'hello')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('/subject:1:11') as string,
    })

    const uses = { hello: { use: 'hello' }, bye: mail('bye') }
    const welcome = write('welcome.json', { ...journey('welcome'), messages: uses })
    expect(await run('journeys', 'publish', welcome, '--yes')).toMatchObject({ code: 0 })
    const again = await run('journeys', 'publish', welcome, '--yes')
    expect(again.stdout).toMatch(/unchanged|= welcome/)

    const calm = {
      matrix: [{ channels: ['email'], do: { replace: 'calm' } }],
      messages: { calm: mail('Aroma rests') },
    }
    await run('rules', 'publish', write('contact-policy.json', calm), '--yes')
    const search = ['--find', 'Aroma', '--replace', 'Aura']
    const plan = await run('messages', 'renew', ...search, '--dry-run')
    expect(plan.stdout).toMatch(
      /message hello@1[^]*\+ Aura,[^]*journey welcome@1[^]*takes hello anew[^]*~ contact-policy@1[^]*\+ Aura rests/,
    )
    const renewed = await run('messages', 'renew', ...search, '--yes', '--json')
    const { renewal } = JSON.parse(renewed.stdout) as { renewal: { id: string } }
    expect(renewal).toMatchObject({
      published: [
        { key: 'hello', to: 2 },
        { key: 'welcome', to: 2 },
        { key: 'contact-policy', to: 2 },
      ],
    })
    expect((await run('messages', 'renewals')).stdout).toContain(
      'hello@2, welcome@2, contact-policy@2',
    )
    expect(await run('messages', 'undo', renewal.id, '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('welcome@3') as string,
    })
  })

  test('a renewal that would break a text publishes nothing', async () => {
    await run('messages', 'publish', write('tea.json', { key: 'tea', ...mail('Tea') }), '--yes')
    const search = ['--find', 'Tea', '--replace', '{{ brand }}', '--yes']
    const refused = await run('messages', 'renew', ...search)
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stdout).toContain('error unknown_name /messages/tea/email/subject')
    expect((await run('messages', 'list')).stdout).toMatch(/tea +1 /)
  })
})
