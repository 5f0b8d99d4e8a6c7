import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWatchSome } from '../activities/watch-rounds.ts'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'
import { journey } from '../test/support/journeys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-audiences-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const GOLD = { key: 'gold', when: "customer.traits.plan == 'gold'" }

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(content, null, 2))
  return file
}

describe('rumbo audiences check', () => {
  test('shows every mistake with its place, without a server', async () => {
    const file = write('a.json', { key: 'a', when: 'event.name == 1' })
    const { code, stdout } = await runCommand(['audiences', 'check', file])
    expect(code).toBe(1)
    expect(stdout).toMatch(/a\.json:3:11 error cel_unknown_name/)
  })

  test('takes the examples', async () => {
    expect((await runCommand(words('audiences check examples/audiences/'))).code).toBe(0)
  })
})

describe('on a server', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
    for (const [id, plan] of [
      ['c1', 'gold'],
      ['c2', 'gold'],
      ['c3', 'blue'],
    ])
      await database.db
        .insertInto('customers')
        .values({
          customer_id: id ?? '',
          created_at: new Date(),
          traits: JSON.stringify({ plan }),
        })
        .execute()
  })
  afterAll(() => database.close())
  const run = (...args: string[]) => runCommand(args, { server: serverOf(api) })

  test('audiences are counted, published and listed, and enter a journey', async () => {
    const file = write('gold.json', GOLD)
    const draft = await run('audiences', 'count', '--file', file)
    expect(draft.stdout).toMatch(/belong to it\s+2/)
    expect(await run('audiences', 'count')).toMatchObject({ code: 2 })
    const dry = await run('audiences', 'publish', file, '--dry-run')
    expect(dry.stdout).toContain('+ gold  becomes version 1: 2 of 3 customers')
    const published = await run('audiences', 'publish', file, '--yes')
    expect(published).toMatchObject({ code: 0, stdout: expect.stringContaining('gold@1') })
    expect((await run('audiences', 'publish', file, '--dry-run')).stdout).toContain('unchanged')
    expect((await run('audiences', 'list')).stdout).toContain("customer.traits.plan == 'gold'")
    expect((await run('audiences', 'count', 'gold', '--json')).json()).toMatchObject({
      matching: 2,
    })

    const sale = write(
      'sale.json',
      journey('sale', { entry: { on: [], audience: { key: 'gold' } } }),
    )
    expect((await run('journeys', 'publish', sale, '--yes')).stdout).toContain('sale@1')
    expect((await run('journeys', 'publish', sale, '--dry-run')).stdout).toContain('unchanged')
    const none = await run('audiences', 'entries', 'sale')
    expect(none.stdout).toContain('No audience')
    const begun = await run('audiences', 'enter', 'sale', '--yes', '--json')
    const { id } = begun.json() as { id: string }
    expect((await run('audiences', 'pause', 'sale', id)).stdout).toContain('0 customers')
    const resumed = await run('audiences', 'resume', 'sale', id, '--per-second', '7', '--json')
    expect(resumed.json()).toMatchObject({ status: 'running', perSecond: 7 })
    expect((await run('audiences', 'entries', 'sale')).stdout).toContain('running')
  })

  test('a watched one shows who came and went at the last look', async () => {
    const file = write('seen.json', { ...GOLD, key: 'seen' })
    await run('audiences', 'publish', file, '--yes')
    expect((await run('audiences', 'show', 'seen')).stdout).toMatch(/looked at every\s+never/)
    const watched = write('seen.json', { ...GOLD, key: 'seen', watch: 'PT1H' })
    const again = await run('audiences', 'publish', watched, '--yes')
    expect(again).toMatchObject({ stdout: expect.stringContaining('seen@2') })
    expect(again.stderr).toContain('+ seen  becomes version 2')
    expect((await run('audiences', 'show', 'seen')).stdout).not.toContain('came')

    const look = createWatchSome({ db: database.db, now: Date.now })
    await look({ audience: 'seen' })
    expect((await run('audiences', 'show', 'seen')).stdout).toMatch(
      /came\s+2\n.*went\s+0\n[^]*told\s+nobody/,
    )
    await database.db
      .updateTable('customers')
      .set({ traits: '{"plan":"blue"}' })
      .where('customer_id', '=', 'c2')
      .execute()
    await look({ audience: 'seen' })
    expect((await run('audiences', 'show', 'seen')).stdout).toMatch(/went\s+1\n[^]*told\s+each/)
    expect((await run('audiences', 'show', 'seen', '--json')).json()).toMatchObject({
      key: 'seen',
      watched: { members: 1, joined: 0, left: 1, silent: false },
    })
    expect((await run('audiences', 'show', 'nobody')).code).not.toBe(0)
  })

  test('another version of the audience makes another version of the journey', async () => {
    await run('audiences', 'publish', write('gold.json', { ...GOLD, when: 'true' }), '--yes')
    const sale = write(
      'sale.json',
      journey('sale', { entry: { on: [], audience: { key: 'gold' } } }),
    )
    const planned = await run('journeys', 'publish', sale, '--dry-run')
    expect(planned.stdout).toContain('settings changed: /entry/audience/hash')
    expect((await run('journeys', 'publish', sale, '--yes')).stdout).toContain('sale@2')
  })
})
