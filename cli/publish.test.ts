import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf } from '../test/support/command-line.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-journeys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const journey = (key: string, wait = 'P1D') => ({
  key,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: `Event of ${key}` }] },
  start: 'rest',
  steps: { rest: { type: 'wait', for: wait, next: 'end' }, end: { type: 'exit' } },
})

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return file
}

describe('rumbo journeys publish', () => {
  let database: DatabaseHandle
  let api: TestApi

  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
  })
  afterAll(() => database.close())

  const publish = (...args: string[]) =>
    runCommand(['journeys', 'publish', ...args], { server: serverOf(api) })
  const versionsOf = async (key: string): Promise<number[]> => {
    const answer = await api.request(`GET /v1/journeys/${key}`)
    if (answer.status === 404) return []
    const { versions } = (await answer.json()) as { versions: { version: number }[] }
    return versions.map(({ version }) => version)
  }

  test('plans a folder, and changes nothing until it is told to', async () => {
    const dir = join(folder, 'journeys')
    mkdirSync(dir)
    write('journeys/one.json', journey('one'))
    write('journeys/two.json', journey('two'))
    const planned = await publish('--dir', dir, '--dry-run', '--json')
    expect(planned.json()).toMatchObject({
      plan: [
        { key: 'one', action: 'new' },
        { key: 'two', action: 'new' },
      ],
      published: [],
    })
    expect(await publish('--dir', dir)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes') as string,
    })
    expect(await versionsOf('one')).toEqual([])

    const done = await publish('--dir', dir, '--yes', '--note', 'first', '--json')
    expect(done.code).toBe(0)
    expect(done.json()).toMatchObject({
      published: [
        { key: 'one', version: 1 },
        { key: 'two', version: 1 },
      ],
    })

    rmSync(join(dir, 'one.json'))
    write('journeys/two.json', journey('two', 'P2D'))
    const next = await publish('--dir', dir, '--dry-run')
    expect(next.stdout).toContain('~ two  version 1 → 2')
    expect(next.stdout).toContain('steps changed: rest')
    expect(next.stdout).toMatch(
      /\? one {2}live on the server \(version 1\) and not in the directory/,
    )
  })

  test('asks on a terminal, and takes no for no', async () => {
    const file = write('asked.json', journey('asked'))
    const asked: string[] = []
    const said = await runCommand(['journeys', 'publish', file], {
      server: serverOf(api),
      ask: async (question) => {
        asked.push(question)
        return false
      },
    })
    expect(asked).toEqual(['Publish to http://rumbo.test?'])
    expect(said.code).toBe(1)
    expect(await versionsOf('asked')).toEqual([])
  })

  test('publishes nothing when any file has an error', async () => {
    const good = write('good.json', journey('good'))
    const bad = write('bad.json', journey('bad', 'soon'))
    const said = await publish(good, bad, '--yes')
    expect(said.code).toBe(1)
    expect(said.stdout).toContain('bad_duration')
    expect(said.stdout).toContain('Nothing was published.')
    expect(await versionsOf('good')).toEqual([])
  })

  test('says so when there is nothing to publish', async () => {
    const file = write('still.json', journey('still'))
    await publish(file, '--yes')
    const said = await publish(file)
    expect(said).toMatchObject({ code: 0, stderr: '' })
    expect(said.stdout).toContain('Nothing to publish.')
  })

  test('renames a journey once, without a version', async () => {
    const file = write('named.json', journey('named'))
    await publish(file, '--yes')
    write('named.json', { ...journey('named'), title: 'Other' })
    expect((await publish(file, '--yes')).stdout).toContain('named@1 has another title')
    expect((await publish(file)).stdout).toContain('Nothing to publish.')
    expect(await versionsOf('named')).toEqual([1])
  })

  test('is refused where somebody else was faster, and explains it', async () => {
    const file = write('raced.json', journey('raced'))
    await publish(file, '--yes')
    write('raced.json', journey('raced', 'P3D'))
    let isFirst = true
    const server = serverOf(api, async ({ method, url }) => {
      if (method !== 'POST' || !url.includes('/versions') || !isFirst) return undefined
      isFirst = false
      await api.request('POST /v1/journeys/raced/versions', { body: journey('raced', 'P9D') })
      return undefined
    })
    const said = await runCommand(['journeys', 'publish', file, '--yes'], { server })
    expect(said.code).toBe(1)
    expect(said.stderr).toContain('Somebody else has published "raced" since the plan was made')
    expect(await versionsOf('raced')).toEqual([2, 1])
  })

  test('leaves journeys to be listed, shown, compared, rolled back, closed', async () => {
    const file = write('life.json', journey('life'))
    await publish(file, '--yes')
    write('life.json', journey('life', 'P5D'))
    await publish(file, '--yes')
    const say = (...args: string[]) => runCommand(['journeys', ...args], { server: serverOf(api) })
    expect((await say('list')).stdout).toMatch(/^life +life +2 /m)
    expect((await say('show', 'life')).stdout).toMatch(/^ +1 {2}foreground {2}superseded/m)
    expect((await say('diff', 'life', '--from', '1', '--to', '2')).stdout).toBe(
      '  ~ step rest\n    /steps/rest/for\n      - "P1D"\n      + "P5D"\n',
    )
    const shown = await say('show', 'life', '--version', '1')
    expect(JSON.parse(shown.stdout)).toEqual(journey('life'))
    expect((await say('rollback', 'life', '--to', '1', '--yes')).stdout).toContain('life@3')
    expect(await say('show', 'nobody')).toMatchObject({ code: 1, stdout: '' })
    expect((await say('close', 'life', '3', '--yes')).stdout).toBe('life@3 is closed.\n')
    expect((await publish(file, '--dry-run')).stdout).toContain('takes no entries now')
  })
})
