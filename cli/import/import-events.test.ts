import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../../db/connect.ts'
import { migrate } from '../../db/migrate.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { runCommand, serverOf } from '../../test/support/command-line.ts'

let database: DatabaseHandle
let api: TestApi
let folder: string
let file: string

beforeAll(async () => {
  database = await connectEmbedded()
  await migrate(database.db)
  api = await createTestApi(database.db)
})
afterAll(() => database.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-import-'))
  file = join(folder, 'orders.csv')
})
afterEach(() => rmSync(folder, { recursive: true }))

let run = 0
beforeEach(() => (run += 1))
/** Orders of customers of this test alone. */
const orders = (from: number, to: number): string =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => `u${run}-${(from + i) % 40},2010-12-01 08:26,${from + i}.50\n`,
  ).join('')
const HEAD = 'user_id,at,total\n'
const MAPPING = [
  ['--set', 'event=Order Completed', '--map', 'user_id=userId', '--map', 'at=timestamp'],
  ['--map', 'total=properties.revenue:number'],
].flat()

const importFile = (options: readonly string[] = [], more: Parameters<typeof runCommand>[1] = {}) =>
  runCommand(['events', 'import', file, ...MAPPING, '--json', ...options], {
    server: serverOf(api),
    ...more,
  })

const stored = () =>
  database.db
    .selectFrom('events')
    .innerJoin('identities', 'identities.customer_id', 'events.customer_id')
    .select(['events.message_id', 'events.historical', 'events.occurred_at', 'events.properties'])
    .where('identities.value', 'like', `u${run}-%`)
    .orderBy('events.message_id')
    .execute()
const state = () =>
  JSON.parse(readFileSync(`${file}.import.json`, 'utf8')) as { rows: number; finished: boolean }
const quarantined = () =>
  readFileSync(`${file}.quarantine.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          row: number
          input: unknown
          findings: { code: string; path: string }[]
        },
    )

describe('an import', () => {
  test('stores every row as history, in batches that the server takes', async () => {
    writeFileSync(file, HEAD + orders(1, 1_200))
    const said = await importFile()
    expect(said.code).toBe(0)
    expect(said.json()).toMatchObject({ rows: 1_200, stored: 1_200, quarantined: 0 })
    const rows = await stored()
    expect(rows).toHaveLength(1_200)
    expect(rows.every(({ historical }) => historical)).toBe(true)
    expect(rows[0]?.occurred_at).toEqual(new Date('2010-12-01T08:26:00Z'))
    expect(readdirSync(folder)).toEqual(['orders.csv', 'orders.csv.import.json'])
  })

  test('is no history with --live', async () => {
    writeFileSync(file, HEAD + orders(1, 2))
    await importFile(['--live'])
    expect((await stored()).map(({ historical }) => historical)).toEqual([false, false])
  })

  test('repeated changes nothing, neither by its state nor with --restart', async () => {
    writeFileSync(file, HEAD + orders(1, 60))
    await importFile()
    const before = await stored()
    expect((await importFile()).json()).toMatchObject({ rows: 60, stored: 60 })
    expect((await importFile(['--restart'])).code).toBe(0)
    expect(await stored()).toEqual(before)
  })

  test('goes on with rows that were added since', async () => {
    writeFileSync(file, HEAD + orders(1, 10))
    await importFile()
    appendFileSync(file, orders(11, 15))
    const sent: number[] = []
    const server = serverOf(api, async (request) => {
      sent.push(((await request.json()) as { batch: unknown[] }).batch.length)
      return undefined
    })
    expect((await importFile([], { server })).json()).toMatchObject({ rows: 15 })
    expect(sent).toEqual([5])
  })
})

describe('an import that is interrupted', () => {
  test('keeps how far it came, and goes on from there', async () => {
    writeFileSync(file, HEAD + orders(1, 1_300))
    const ctrlC = new AbortController()
    let batches = 0
    const first = await importFile([], {
      signal: ctrlC.signal,
      server: serverOf(api, () => {
        batches += 1
        if (batches === 2) ctrlC.abort()
        return undefined
      }),
    })
    expect(first.code).toBe(130)
    expect(first.stderr).toContain('1000 rows are settled')
    expect(state()).toMatchObject({ rows: 1_000, finished: false })

    const rowsAgain: number[] = []
    const second = await importFile([], {
      server: serverOf(api, async (request) => {
        rowsAgain.push(((await request.json()) as { batch: unknown[] }).batch.length)
        return undefined
      }),
    })
    expect(second.code).toBe(0)
    expect(rowsAgain).toEqual([300])
    expect(await stored()).toHaveLength(1_300)
    expect(state()).toMatchObject({ rows: 1_300, finished: true })
  })

  test('in the middle of a batch whose answer never came stores nothing twice', async () => {
    writeFileSync(file, HEAD + orders(1, 30))
    let isFirst = true
    // The server stored it; the answer was lost on the way.
    const server = serverOf(api, async (request) => {
      if (!isFirst) return undefined
      isFirst = false
      await api.request('POST /v1/batch', { body: await request.json() })
      return new Response(null, { status: 503, headers: { 'retry-after': '0' } })
    })
    const said = await importFile([], { server })
    expect(said.code).toBe(0)
    expect(said.stderr).toContain('trying again')
    expect(await stored()).toHaveLength(30)
  })

  test('will not go on with another file, mapping or server', async () => {
    writeFileSync(file, HEAD + orders(1, 10))
    await importFile()
    writeFileSync(file, HEAD + orders(5, 10))
    const other = await importFile(['--map', 'user_id=anonymousId'])
    expect(other.code).toBe(2)
    expect(other.stderr).toMatch(
      /the file is another one, and the mapping or the options are others/,
    )
    expect((await importFile(['--restart'])).code).toBe(0)
  })
})

describe('rows that cannot be stored', () => {
  test('go to the quarantine with what is wrong, wherever that was found, and the others are stored', async () => {
    const long = 'x'.repeat(40_000)
    writeFileSync(
      file,
      `${HEAD}u${run}-1,2010-12-01,1\n,2010-12-01,2\nu${run}-2,soon,3\nu${run}-3\n${long},2010-12-01,5\n`,
    )
    const said = await importFile()
    expect(said.code).toBe(1)
    expect(said.json()).toMatchObject({ rows: 5, stored: 1, quarantined: 4 })
    expect(
      quarantined().map(({ row, findings }) => [row, findings.map(({ code }) => code)]),
    ).toEqual([
      [2, ['no_identity']],
      [3, ['not_convertible']],
      [4, ['unreadable_row']],
      [5, ['event_too_large']],
    ])
    expect(quarantined()[1]?.input).toMatchObject({ at: 'soon', total: '3' })
    // Places in the row or the event, not in the batch that it happened to be sent in.
    expect(quarantined().map(({ findings }) => findings[0]?.path)).not.toContainEqual(
      expect.stringMatching(/^\/batch/),
    )
    expect(await stored()).toHaveLength(1)
  })

  test('are told one by one where no row of a batch is good', async () => {
    writeFileSync(file, `${HEAD},2010-12-01,2\n,2010-12-02,2\n`)
    expect((await importFile()).json()).toMatchObject({ stored: 0, quarantined: 2 })
    expect(quarantined().map(({ row }) => row)).toEqual([1, 2])
  })

  test('stand there once, however often the import begins', async () => {
    writeFileSync(file, `${HEAD},2010-12-01,2\nu${run}-1,2010-12-01,2\n`)
    await importFile()
    // As after a crash between the quarantine and the state.
    appendFileSync(`${file}.quarantine.ndjson`, '{"row":1}\n')
    await importFile()
    expect(quarantined()).toHaveLength(1)
    await importFile(['--restart'])
    expect(quarantined()).toHaveLength(1)
  })
})

describe('a server that is away', () => {
  test('is waited for as long as it asks', async () => {
    writeFileSync(file, HEAD + orders(1, 3))
    const answers = [429, 503, 500]
    const server = serverOf(api, () => {
      const status = answers.shift()
      return status === undefined
        ? undefined
        : new Response('{}', { status, headers: { 'retry-after': '0' } })
    })
    expect((await importFile([], { server })).code).toBe(0)
    expect(await stored()).toHaveLength(3)
  })

  test('that knows no such key ends the import at once', async () => {
    writeFileSync(file, HEAD + orders(1, 3))
    const server = serverOf({ ...api, key: 'some-other-key-of-nobody' })
    const said = await importFile([], { server })
    expect(said.code).toBe(3)
    expect(said.json()).toMatchObject({ error: { code: 'unauthenticated' } })
    expect(existsSync(`${file}.import.json`)).toBe(false)
  })
})
