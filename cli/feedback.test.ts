import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'

let database: DatabaseHandle
let api: TestApi
beforeAll(async () => {
  database = await connectEmbedded()
  const { db } = database
  await migrate(db)
  api = await createTestApi(db)
  const at = new Date('2026-11-10T09:00:00Z')
  await db
    .insertInto('customers')
    .values({ customer_id: 'ada', traits: '{}', created_at: at })
    .execute()
  const mail = {
    customer_id: 'ada',
    run_id: 'r',
    journey: 'welcome',
    version: 2,
    step: 'hello',
    message: 'hello',
    channel: 'email' as const,
    status: 'sent' as const,
    at,
    followed: true,
    variants: ['tone:warm'],
  }
  await db
    .insertInto('deliveries')
    .values([
      { ...mail, delivery_id: 'a', opened_at: at },
      { ...mail, delivery_id: 'b' },
      { ...mail, delivery_id: 'c', status: 'unknown' },
    ])
    .execute()
})
afterAll(() => database.close())

const rates = (line: string) =>
  runCommand(['feedback', 'rates', ...words(line)], { server: serverOf(api) })

test('rumbo feedback rates shows each rate with its interval, and a dash where there is none', async () => {
  const window = '--from 2026-11-01 --to 2026-12-01'
  const { stdout } = await rates(`--by variant --journey welcome ${window}`)
  expect(stdout).toMatch(
    /welcome hello tone:warm +2 +1 +2 .* 50\.0 % \(9\.5–90\.5\) .* 0\.0 % \(0\.0–79\.3\)/,
  )
  expect((await rates(`--by version --message bye ${window}`)).stdout).toContain(
    'Nothing was sent.',
  )
  expect(
    (await rates(`--by version --version 2 --channel email --json ${window}`)).json(),
  ).toMatchObject({
    data: [{ journey: 'welcome', version: 2, sent: 2, unknown: 1 }],
  })
})

test('what is no way of telling them apart is refused', async () => {
  const { code, stderr } = await rates('--by weather')
  expect(code).toBe(2)
  expect(stderr).toContain('--by is one of version, message, variant, channel, day.')
})
