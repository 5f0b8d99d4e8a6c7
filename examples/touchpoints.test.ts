import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { checkCondition } from '../domain/conditions.ts'
import { checkRules } from '../domain/rule-documents.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'

/** What docs/touchpoints.md shows, through the real API. */
const page = readFileSync('docs/touchpoints.md', 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, it]) => it ?? '',
  )
const lineWith = (part: string): string =>
  blocks('sh')
    .flatMap((block) => block.split('\n'))
    .find((line) => line.includes(part)) ?? expect.fail(`no line of the page has ${part}`)

let database: DatabaseHandle
let api: TestApi
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-touchpoints-'))
  database = await connectEmbedded()
  await migrate(database.db)
  api = await createTestApi(database.db)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.close()
})

const stored = (source: string) =>
  database.db
    .selectFrom('events as e')
    .innerJoin('identities as i', 'i.customer_id', 'e.customer_id')
    .select([
      'i.value as who',
      'e.name',
      'e.channel',
      'e.occurred_at',
      'e.properties',
      'e.historical',
    ])
    .where('e.source', '=', source)
    .orderBy('e.occurred_at')
    .execute()
/** `again`: from the beginning, whatever was done before. */
const importAs = (line: string, ...more: string[]) =>
  runCommand([...words(line).slice(1), '--json', '--keep-in', folder, ...more], {
    server: serverOf(api),
  })

describe("a till's daily file", () => {
  test('comes in as the page says, with every bad row by its line', async () => {
    const said = await importAs(lineWith('till.csv'))
    expect(said.code).toBe(1)
    expect(said.json()).toMatchObject({ rows: 4, stored: 3, quarantined: 1 })
    const receipts = await stored('pos')
    expect(receipts).toHaveLength(3)
    expect(receipts[0]).toEqual({
      who: 'ada',
      name: 'Order Completed',
      channel: 'till_1',
      occurred_at: new Date('2026-11-27T09:12:00Z'),
      properties: { order_id: 'R-1001', revenue: 24.9, currency: 'EUR', items: 2 },
      historical: false,
    })
    const aside = JSON.parse(readFileSync(join(folder, 'till.csv.quarantine.ndjson'), 'utf8'))
    expect(aside).toMatchObject({
      row: 3,
      line: 4,
      input: { receipt: 'R-1003' },
      findings: [{ code: 'no_identity' }],
    })
  })

  test('changes nothing when it comes again', async () => {
    const before = await stored('pos')
    expect((await importAs(lineWith('till.csv'), '--restart')).json()).toMatchObject({ stored: 3 })
    expect(await stored('pos')).toEqual(before)
  })
})

test("a call centre's export comes in with reason and emotion", async () => {
  const said = await importAs(lineWith('calls.csv'))
  expect(said.json()).toMatchObject({ rows: 3, stored: 3, quarantined: 0 })
  await importAs(lineWith('calls.csv'), '--restart')
  const calls = await stored('call_centre')
  expect(calls.map(({ who, channel }) => `${who} ${channel}`)).toEqual([
    'bob hotline',
    'cleo hotline',
    'ada returns',
  ])
  expect(calls[0]).toMatchObject({
    name: 'Call Received',
    properties: {
      reason: 'delivery_late',
      emotion: 'angry',
      solved: false,
      duration: 312,
      case_id: 'K-77',
    },
  })
})

test('a form is one call, and counts once', async () => {
  const [, path = '', file = ''] = /\$RUMBO_URL(\/\S+) .* -d @(\S+)/.exec(lineWith('curl')) ?? []
  const body = readFileSync(file, 'utf8')
  for (let time = 0; time < 2; time++)
    expect((await api.request(`POST ${path}`, { body })).status).toBe(200)
  expect(await stored('form')).toMatchObject([
    { who: 'visitor-88', name: 'Form Submitted', channel: 'landing_page' },
  ])
  const customer = await api.request('GET /v1/customers/visitor-88')
  expect(await customer.json()).toMatchObject({
    traits: { email: 'dora@example.com', shoeSize: '41' },
  })
})

test('all of it stands in the list of touchpoints', async () => {
  const command = lineWith('touchpoints list').replace(/#.*/, '')
  const said = await runCommand([...words(command).slice(1), '--json'], { server: serverOf(api) })
  expect(said.json()).toMatchObject({
    data: [
      { source: 'call_centre', channel: 'hotline', count: 2 },
      { source: 'call_centre', channel: 'returns', count: 1 },
      { source: 'form', channel: 'landing_page', count: 1 },
      { source: 'pos', channel: 'till_1', count: 1 },
      { source: 'pos', channel: 'till_2', count: 2 },
    ],
  })
})

test('every file is shown', () => {
  for (const name of readdirSync(new URL('touchpoints/', import.meta.url)))
    expect(page).toContain(name)
})

test.each(blocks('cel').join('').trim().split('\n'))('%s', (source) =>
  expect(checkCondition(source, { event: true, entry: true, result: 'bool' })).toEqual([]),
)

test('the event of the page is one, and its rule can be published', async () => {
  const [event, rule] = blocks('json').map((block) => JSON.parse(block) as object)
  expect((await api.request('POST /v1/track', { body: event })).status).toBe(200)
  expect(checkRules('contact-policy', { exclusions: [rule] }).findings).toEqual([])
})
