import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { environmentWith } from '../../platform/config.ts'
import { words } from '../support/command-line.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

const RUMBO = resolve('cli/rumbo.mjs')

let rumbo: TestRumbo
let key: string
let folder: string

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  const scopes = ['ingest', 'read', 'publish', 'operate']
  const made = await rumbo.call('POST', '/v1/keys', { name: 'cli', scopes })
  key = (made.body as { secret: string }).secret
})
afterAll(() => rumbo.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Said {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program as people start it, from a directory of their own. */
function start(line: string) {
  const child = spawn(process.execPath, [RUMBO, ...words(line)], {
    cwd: folder,
    env: environmentWith({
      RUMBO_URL: rumbo.url,
      RUMBO_API_KEY: key,
      npm_lifecycle_event: undefined,
    }),
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const said = new Promise<Said>((done) =>
    child.once('close', (code) => done({ code, stdout, stderr })),
  )
  return { child, said }
}

/** The answer of a command that succeeds. */
async function answer<T>(line: string): Promise<T> {
  const { code, stdout, stderr } = await start(`${line} --json`).said
  expect({ code, stderr: code === 0 ? '' : `${stderr}${stdout}` }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as T
}

const write = (name: string, content: unknown): void =>
  writeFileSync(
    join(folder, name),
    typeof content === 'string' ? content : JSON.stringify(content, null, 2),
  )

interface Line {
  readonly kind: string
  readonly summary: string
}

describe('rumbo, as it is started by people and by CI', () => {
  test('publishes a directory, plays a customer through it beforehand and afterwards, and moves people to the next version', async () => {
    mkdirSync(join(folder, 'journeys'))
    const entry = { on: [{ event: 'Cli Started' }] }
    const first = journey('cli', { entry })
    write('journeys/cli.json', first)
    write('events.json', [{ at: '2026-01-01T00:00:00Z', event: 'Cli Started' }])
    write('customer.json', {
      traits: { email: 'ada@example.com' },
      consents: [{ purpose: 'marketing', channel: 'email' }],
    })
    const simulated = await answer<{ timeline: Line[] }>(
      'simulate journeys/cli.json --events events.json --customer customer.json --until 2026-03-01 --alone',
    )
    expect(simulated.timeline.map(({ summary }) => summary).join('\n')).toContain('cli')

    const published = await answer<{ published: unknown[] }>(
      'journeys publish --dir journeys --yes --note first',
    )
    expect(published.published).toMatchObject([{ key: 'cli', version: 1 }])

    const ada = await TestCustomer.create(rumbo)
    const sent = await answer<{ decisions: { outcome: string }[] }>(
      `events send "Cli Started" --user ${ada.userId} --wait`,
    )
    expect(sent.decisions).toMatchObject([{ outcome: 'enter', winner: 'cli' }])
    const forward = async (by: string): Promise<string[]> => {
      const line = `customers fast-forward ${ada.userId} --by ${by}`
      return (await answer<{ happened: Line[] }>(line)).happened.map(({ kind }) => kind)
    }
    await forward('PT1S')
    const [run] = (await ada.page()).runs
    const timeline = await start(`customers timeline ${ada.userId}`).said
    expect(timeline.stdout).toMatch(/run +.*cli/)

    write('journeys/cli.json', { ...first, staleAfter: 'P9D' })
    await answer('journeys publish --dir journeys --yes')
    const move = 'journeys migrate cli --from 1 --to 2 --same'
    const preview = await start(`${move} --dry-run`).said
    expect(preview).toMatchObject({ code: 0 })
    expect(preview.stdout).toContain('1 test customers go along')
    const moved = await answer<{ status: string; migrationId: string }>(`${move} --yes --watch`)
    expect(moved.status).toBe('done')
    expect((await ada.page()).runs).toMatchObject([{ version: 2, step: run?.step }])
    const undone = await answer<{ status: string }>(
      `journeys migrations undo cli ${moved.migrationId} --yes --watch`,
    )
    expect(undone.status).toBe('undone')
    expect((await ada.page()).runs).toMatchObject([{ version: 1, step: run?.step }])
    expect(await forward('P15D')).toContain('delivery')

    const report = await answer<{ journeys: unknown[] }>(
      'backtest journeys/cli.json --from 2020-01-01 --to 2030-01-01',
    )
    expect(report.journeys).toMatchObject([{ journey: 'cli', draft: true }])
  })

  test('goes on with an import after Ctrl-C where it stopped, with nothing lost and nothing twice', async () => {
    const rows = 20_000
    write(
      'orders.csv',
      `user,at,total\n${Array.from({ length: rows }, (_, i) => `buyer-${i % 500},2010-12-01 08:26,${i}\n`).join('')}`,
    )
    const line =
      'events import orders.csv --set event="Order Imported" --map user=userId --map at=timestamp --map total=properties.total:number'
    const first = start(line)
    const state = join(folder, 'orders.csv.import.json')
    await eventually('a first batch', async () => existsSync(state))
    first.child.kill('SIGINT')
    const interrupted = await first.said
    expect(interrupted).toMatchObject({ code: 130, stdout: '' })
    expect(interrupted.stderr).toMatch(/Interrupted\. \d+ rows are settled/)
    const { rows: settled } = JSON.parse(readFileSync(state, 'utf8')) as { rows: number }
    expect(settled).toBeGreaterThan(0)
    expect(settled).toBeLessThan(rows)

    expect(await answer(line)).toMatchObject({ rows, stored: rows, quarantined: 0 })
    const { count } = await rumbo.db
      .selectFrom('events')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('name', '=', 'Order Imported')
      .executeTakeFirstOrThrow()
    expect(Number(count)).toBe(rows)
  })

  test('says which server it could not reach, and which key is none', async () => {
    const env = environmentWith({ RUMBO_URL: 'http://127.0.0.1:9', RUMBO_API_KEY: key })
    const nobody = spawn(process.execPath, [RUMBO, 'journeys', 'list'], { cwd: folder, env })
    expect(await new Promise((done) => nobody.once('close', done))).toBe(3)
    const other = spawn(process.execPath, [RUMBO, 'journeys', 'list', '--json'], {
      cwd: folder,
      env: environmentWith({ RUMBO_URL: rumbo.url, RUMBO_API_KEY: 'a-key-that-nobody-made' }),
    })
    let stdout = ''
    other.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    expect(await new Promise((done) => other.once('close', done))).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'unauthenticated' } })
  })
})
