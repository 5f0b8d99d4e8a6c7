import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../../db/connect.ts'
import { migrate } from '../../db/migrate.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { runCommand, serverOf } from '../../test/support/command-line.ts'

const MAPPING = [
  [
    '--map',
    'user=customer',
    '--map',
    'given=granted',
    '--map',
    'when=at',
    '--map',
    'form=proof.form',
  ],
  ['--set', 'purpose=marketing', '--set', 'channel=email', '--set', 'source=old shop'],
].flat()

describe('rumbo consents import', () => {
  let database: DatabaseHandle
  let api: TestApi
  let folder: string
  let file: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rumbo-consents-'))
    file = join(folder, 'consents.csv')
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await database.close()
  })
  beforeEach(async () => {
    for (const table of ['events', 'consents', 'consent_history', 'customers'] as const)
      await database.db.deleteFrom(table).execute()
    const ids = Array.from({ length: 501 }, (_, n) => ({
      customer_id: `c${n}`,
      created_at: new Date(),
    }))
    await database.db.insertInto('customers').values(ids).execute()
  })

  const run = async (...options: string[]) => {
    const { stdout, code: exitCode } = await runCommand(
      ['consents', 'import', file, ...MAPPING, '--json', ...options],
      { server: serverOf(api) },
    )
    return { exitCode, told: JSON.parse(stdout) as Record<string, unknown> }
  }
  const stored = () =>
    database.db.selectFrom('consent_history').select(['customer_id', 'evidence', 'at']).execute()

  test('brings every row with its proof, more than a call takes, and names bad rows by their number', async () => {
    const rows = Array.from({ length: 501 }, (_, n) => `c${n},yes,2024-05-06 07:08,checkout`)
    writeFileSync(
      file,
      ['user,given,when,form', ...rows, 'nobody,yes,2024-05-06,x', 'c1,maybe,,'].join('\n'),
    )
    const { exitCode, told } = await run('--zone', 'Europe/Madrid')
    expect(exitCode).toBe(1)
    expect(told).toMatchObject({ rows: 503, inForce: 501, kept: 0, repeated: 0 })
    expect(told['refused']).toMatchObject([
      { row: 502, findings: [{ code: 'unknown_customer' }] },
      { row: 503, findings: [{ code: 'not_convertible' }] },
    ])
    expect((await stored())[0]).toEqual({
      customer_id: 'c0',
      evidence: { form: 'checkout' },
      at: new Date('2024-05-06T05:08:00Z'),
    })
  })

  test('tried dry changes nothing, and once more changes nothing', async () => {
    writeFileSync(file, 'user,given,when,form\nc1,yes,2024-05-06,checkout\n')
    expect((await run('--dry-run')).told).toMatchObject({ dryRun: true, inForce: 1 })
    expect(await stored()).toEqual([])
    expect(await run()).toMatchObject({ exitCode: 0, told: { inForce: 1 } })
    expect((await run()).told).toMatchObject({ inForce: 0, repeated: 1 })
    expect(await stored()).toHaveLength(1)
  })

  test('takes what is the same in every row as it is read from a column', async () => {
    writeFileSync(file, 'user,when,form\nc1,2024-05-06,checkout\n')
    expect((await run('--set', 'granted=yes')).told).toMatchObject({ inForce: 1, refused: [] })
  })

  test('refuses a place that a consent does not have', async () => {
    const { code, stderr } = await runCommand(
      ['consents', 'import', file, '--map', 'user=userId'],
      { server: serverOf(api) },
    )
    expect(code).toBe(2)
    expect(stderr).toContain('"userId" is no place in a consent; there are customer, purpose')
  })
})
