import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createJobActivities } from '../activities/run-backtest.ts'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'
import { journey } from '../test/support/journeys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-rules-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const policy = (max: number) => ({ caps: [{ name: 'weekly', max, window: 'P7D' }] })

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(content, null, 2))
  return file
}

describe('rumbo rules check', () => {
  test('shows every mistake with its place, without a server', async () => {
    const file = write('policy.json', {
      zone: 'Mars',
      caps: [{ name: 'a', max: 0, window: 'P7D' }],
    })
    const { code, stdout } = await runCommand(['rules', 'check', file])
    expect(code).toBe(1)
    expect(stdout).toMatch(/policy\.json:2:11 error unknown_zone/)
    expect(stdout).toMatch(/error out_of_range/)
    expect(stdout).toContain('2 errors and 0 warnings in one file.')
  })

  test('reads off the file which rules it holds, and asks where nobody can say', async () => {
    const files = [write('a.json', policy(3)), write('b.json', { margin: 0.2 })]
    const { code, json } = await runCommand(['rules', 'check', ...files, '--json'])
    expect(code).toBe(0)
    expect(json()).toMatchObject({
      ok: true,
      files: [{ kind: 'contact-policy' }, { kind: 'arbitration' }],
    })
    const empty = write('empty.json', {})
    expect(await runCommand(['rules', 'check', empty])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--kind'),
    })
    expect(await runCommand(['rules', 'check', empty, '--kind', 'arbitration'])).toMatchObject({
      code: 0,
    })
  })

  test('takes the examples', async () => {
    const said = await runCommand(
      words('rules check examples/contact-policy.json examples/arbitration.json'),
    )
    expect(said.code).toBe(0)
  })
})

describe('on a server', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db, {
      // What a worker would carry out.
      onJob: () => void carryOutJobs(),
    })
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await database.db.deleteFrom('rule_documents').execute()
  })
  const carryOutJobs = async (): Promise<void> => {
    const jobs = await database.db
      .selectFrom('jobs')
      .select('job_id')
      .where('status', '=', 'waiting')
      .execute()
    const { signal } = new AbortController()
    const { runBacktest } = createJobActivities({
      db: database.db,
      currentTry: () => ({ heartbeat: () => {}, cancellationSignal: signal }),
    })
    for (const { job_id: jobId } of jobs) await runBacktest({ jobId })
  }
  const rules = (line: string, ask?: (question: string) => Promise<boolean>) =>
    runCommand(['rules', ...words(line)], {
      server: serverOf(api),
      ...(ask === undefined ? {} : { ask }),
    })
  const inForce = async (kind = 'contact-policy') =>
    (await (await api.request(`GET /v1/${kind}`)).json()) as { version: number; document: unknown }

  test('publishes after it has shown what changes and was told to', async () => {
    const file = write('policy.json', policy(3))
    expect(await rules(`publish ${file}`)).toMatchObject({ code: 2 })
    expect(await rules(`publish ${file}`, async () => false)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Nothing was published'),
    })
    expect((await inForce()).version).toBe(0)
    const said = await rules(`publish ${file} --yes --note first`)
    expect(said.stderr).toContain('new, becomes version 1')
    expect(said.stdout).toContain('contact-policy, version 1, is in force')
    expect(await inForce()).toMatchObject({ version: 1, document: policy(3) })

    const changed = write('policy.json', policy(5))
    const dry = await rules(`publish ${changed} --dry-run`)
    expect(dry.stdout).toMatch(/version 1 → 2\n +\/caps\/0\/max\n +- 3\n +\+ 5/)
    expect((await inForce()).version).toBe(1)
    const unchanged = await rules(`publish ${write('same.json', policy(3))} --yes`)
    expect(unchanged).toMatchObject({ code: 0, stdout: expect.stringContaining('unchanged') })
  })

  test('publishes nothing that has an error, or was planned against an older version', async () => {
    const bad = write('bad.json', { margin: -1 })
    expect(await rules(`publish ${bad} --yes`)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('Nothing was published'),
    })
    const file = write('arbitration.json', { margin: 0.3 })
    const said = await rules(`publish ${file}`, async () => {
      await api.request('PUT /v1/arbitration', { body: { margin: 0.5 } })
      return true
    })
    expect(said.code).toBe(1)
    expect(said.stderr).toContain('published meanwhile')
    expect(await inForce('arbitration')).toMatchObject({ document: { margin: 0.5 } })
  })

  test('plays a preview first: what is live beside the draft', async () => {
    await api.request('POST /v1/journeys/hello/versions', { body: journey('hello') })
    const file = write('policy.json', policy(3))
    const line = `publish ${file} --preview --from 2026-01-01 --to 2026-02-01`
    let asked = ''
    const said = await rules(line, async (question) => {
      asked = question
      return false
    })
    expect(asked).toContain('Publish the contact policy')
    expect(said.stderr).toMatch(/^sent +0 +0 +0$/m)
    expect((await inForce()).version).toBe(0)
    const json = (await rules(`${line} --yes --json`)).json()
    expect(json).toMatchObject({ preview: { a: {}, b: {} }, published: { version: 1 } })
    expect(await rules(`publish ${file} --preview`)).toMatchObject({ code: 2 })
    expect(await rules(`publish ${file} --from 2026-01-01`)).toMatchObject({ code: 2 })
  })

  test('says who would move under other lifecycle rules, then publishes them and their rollout', async () => {
    const file = write('lifecycle.json', { waitingAfter: 'P60D' })
    const said = await rules(`publish ${file} --preview --yes`)
    expect(said.stderr).toContain('0 of 0 customers would move.')
    expect(said.stdout).toContain('lifecycle, version 1, is in force')
    expect(
      await rules(
        `publish ${write('b.json', { waitingAfter: 'P50D' })} --preview --from 2026-01-01 --to 2026-02-01`,
      ),
    ).toMatchObject({ code: 2 })
    const run = async (line: string) =>
      (await runCommand(words(line), { server: serverOf(api) })).stdout
    expect(await run('lifecycle rollouts')).toMatch(/^ +1 +running +1 +0 /m)
    expect(await run('lifecycle rollout 1')).toMatch(/status +running/)
    expect(await run('lifecycle pause 1')).toContain('Paused')
    expect(await run('lifecycle resume 1 --per-second 200')).toContain('goes on by itself')
    expect(await run('lifecycle report --from 2026-01-05 --to 2026-01-06')).toMatch(
      /^2026-01-05( +0){10}$/m,
    )
  })

  test('previews retention rules on all that is stored, publishes them, and has them carried out', async () => {
    const run = async (line: string) => runCommand(words(line), { server: serverOf(api) })
    expect((await run('retention run --yes')).code).toBe(1)
    const file = write('retention.json', {
      rules: [{ events: ['Viewed', 'Clicked'], keepFor: 'P30D' }],
      mails: { keepFor: 'P30D' },
    })
    const line = `publish ${file} --kind retention`
    for (const window of ['--from 2026-01-01 --to 2026-02-01', '--sample 0.5'])
      expect(await rules(`${line} --preview ${window}`)).toMatchObject({ code: 2 })
    const dry = await rules(`${line} --preview --dry-run`)
    expect(dry.stderr).toMatch(/^Viewed, Clicked +P30D +0$/m)
    expect(dry.stderr).toMatch(/^mails +P30D +0$/m)
    expect((await rules(`${line} --yes`)).stdout).toContain('retention, version 1, is in force')
    expect((await run('retention runs')).stdout).toBe('Nothing was deleted by age yet.\n')
    expect((await run('retention run --yes')).stdout).toContain('begins within seconds')
    expect((await run('retention runs')).stdout).toMatch(/asked +– +0 +0 +0/)
  })

  test('has no preview of what decides nothing that could be played', async () => {
    const file = write('identity.json', {})
    const answer = await rules(
      `publish ${file} --kind identity --preview --from 2026-01-01 --to 2026-02-01`,
    )
    expect(answer).toMatchObject({ code: 2 })
  })

  test('lists, shows, compares and brings back versions', async () => {
    for (const max of [3, 5]) await api.request('PUT /v1/contact-policy', { body: policy(max) })
    expect((await rules('versions contact-policy')).stdout).toMatch(/^ +2 .*\n +1 /m)
    expect((await rules('versions arbitration')).stdout).toBe('None was published.\n')
    const shown = await rules('show contact-policy --version 1')
    expect(JSON.parse(shown.stdout)).toEqual(policy(3))
    expect(JSON.parse((await rules('show contact-policy')).stdout)).toEqual(policy(5))
    expect((await rules('diff contact-policy --from 1 --to 2')).stdout).toContain('/caps/0/max')
    expect(await rules('show contact-policy --version 7')).toMatchObject({ code: 1 })
    const back = await rules('rollback contact-policy --to 1 --yes')
    expect(back.stdout).toContain('version 3, is in force')
    expect(await inForce()).toMatchObject({ version: 3, document: policy(3) })
    expect(await rules('show weather')).toMatchObject({ code: 2 })
  })

  test('shows the matrix as a table', async () => {
    await api.request('PUT /v1/contact-policy', {
      body: {
        groups: [{ name: 'gold', when: "customer.traits.tier == 'gold'" }],
        matrix: [
          {
            groups: ['gold'],
            channels: ['email'],
            classes: ['marketing'],
            do: { replace: 'soft' },
          },
          { classes: ['marketing'], do: 'hold' },
        ],
        messages: { soft: { email: { subject: 's', html: 'h' } } },
      },
    })
    const { stdout } = await rules('matrix')
    expect(stdout).toMatch(/^group +customers .*marketing\/email +marketing\/push/m)
    expect(stdout).toMatch(/^gold +0 .*→ soft +hold/m)
    expect(stdout).toMatch(/^no group +\d+ .*hold +hold/m)
  })

  test('backtest and simulate take drafts of rules', async () => {
    await api.request('POST /v1/journeys/hello/versions', { body: journey('hello') })
    const file = write('policy.json', policy(3))
    const window = words('--from 2026-01-01 --to 2026-02-01')
    const server = { server: serverOf(api) }
    const backtest = await runCommand(
      ['backtest', '--contact-policy', file, '--compare', ...window, '--json'],
      server,
    )
    expect(backtest.json()).toMatchObject({ a: {}, b: {} })
    const arbitration = write('arbitration.json', { margin: 0.3 })
    const simulate = ['simulate', '--until', '2026-02-01', '--arbitration', arbitration]
    expect(await runCommand(simulate, server)).toMatchObject({ code: 0 })
    const bad = write('bad.json', { zone: 'Mars' })
    expect(
      await runCommand(['simulate', '--until', '2026-02-01', '--contact-policy', bad], server),
    ).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown_zone') })
  })
})

test('an offline backtest takes rules from files', async () => {
  const orders = join(folder, 'orders.csv')
  writeFileSync(orders, 'user,at\nada,2026-01-05T10:00:00Z\n')
  const said = await runCommand([
    ...words('backtest examples/journeys/welcome.json --map user=userId --map at=timestamp'),
    '--set',
    'event=Order Completed',
    '--file',
    orders,
    ...words('--from 2026-01-01 --to 2026-03-01 --json'),
    ...words('--contact-policy examples/contact-policy.json'),
    ...words('--arbitration examples/arbitration.json'),
  ])
  expect(said).toMatchObject({ code: 0 })
  expect(said.json()).toMatchObject({ customers: { played: 1 } })
})
