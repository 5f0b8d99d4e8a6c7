import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BacktestReport } from '../domain/backtest/report.ts'
import { compareReports } from '../domain/backtest/compare-reports.ts'
import { runCommand, words } from '../test/support/command-line.ts'
import { Writable } from 'node:stream'
import { renderBacktest } from './backtest-tables.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-backtest-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const ORDERS = `user,at
ada,2026-01-05T10:00:00Z
bob,2026-01-06T10:00:00Z
ada,2026-01-07T10:00:00Z
,2026-01-07T10:00:00Z
eve,soon
`
const OPTIONS = words(
  '--map user=userId --map at=timestamp --set event="Order Completed" --from 2026-01-01 --to 2026-03-01 --assume-consent marketing/email --assume-channel email',
)
const backtest = (...args: string[]) => {
  const file = join(folder, 'orders.csv')
  writeFileSync(file, ORDERS)
  return runCommand([
    'backtest',
    'examples/journeys/welcome.json',
    '--file',
    file,
    ...OPTIONS,
    ...args,
  ])
}

describe('rumbo backtest --file', () => {
  test('plays journeys over a file without a server, and says which rows it left out', async () => {
    const { code, stdout, stderr } = await backtest()
    expect(code).toBe(0)
    expect(stderr).toContain('2 rows were left out')
    expect(stdout).toMatch(/^customers +2 played, 2 entered a journey/m)
    expect(stdout).toMatch(/^welcome \(draft\) +foreground +2 /m)
  })

  test('gives programs the report, the same every time', async () => {
    const said = await backtest('--json')
    expect(said.json()).toMatchObject({ customers: { played: 2 } })
    expect((await backtest('--json')).stdout).toBe(said.stdout)
  })

  test('shows two reports side by side', async () => {
    const a = (await backtest('--json')).json() as BacktestReport
    const b = { ...a, sent: { ...a.sent, total: a.sent.total + 3 } }
    const text = renderBacktest(new Writable(), compareReports(a, b))
    expect(text).toMatch(new RegExp(`^sent +${a.sent.total} +${a.sent.total + 3} +\\+3$`, 'm'))
    expect(text).toMatch(/^welcome +entered +2 +2 +0$/m)
  })

  test('takes a long window by the month, and leaves out of a comparison what is nowhere', async () => {
    const report = (await backtest('--json')).json() as BacktestReport
    const [first = ''] = Object.keys(report.sent.byDay)
    const day = (n: number): string =>
      new Date(Date.parse(first) + n * 86_400_000).toISOString().slice(0, 10)
    const byDay = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [day(n), 2]))
    const long = { ...report, sent: { ...report.sent, byDay } }
    const text = renderBacktest(new Writable(), long)
    expect(text).toMatch(/^month +messages\n2026-01 +\d+\n2026-02 +56\n2026-03 +\d+$/m)
    expect(text).not.toContain(day(3))
    expect(renderBacktest(new Writable(), compareReports(report, report))).not.toMatch(
      /^welcome +goal/m,
    )
  })

  test('orders what happens at one instant by the message ids of the file', async () => {
    const file = join(folder, 'calls.ndjson')
    const at = '2026-01-05T10:00:00Z'
    const order = (messageId: string, order_id: string) =>
      JSON.stringify({
        userId: 'ada',
        event: 'Order Completed',
        timestamp: at,
        messageId,
        properties: { order_id },
      })
    const journey = join(folder, 'first.json')
    writeFileSync(
      journey,
      JSON.stringify({
        key: 'first',
        class: 'service',
        arbitration: { mode: 'auto', value: 1 },
        entry: {
          on: [
            {
              event: 'Order Completed',
              when: "count('Order Completed') == 1 && event.properties.order_id == 'b'",
            },
          ],
        },
        start: 'end',
        steps: { end: { type: 'exit' } },
      }),
    )
    const enteredWith = async (ids: readonly [string, string]): Promise<unknown> => {
      writeFileSync(file, `${order(ids[0], 'a')}\n${order(ids[1], 'b')}\n`)
      const said = await runCommand([
        'backtest',
        journey,
        ...words(`--file ${file} --from 2026-01-01 --to 2026-02-01 --json`),
      ])
      return (said.json() as BacktestReport).customers.entered
    }
    expect(await enteredWith(['1', '2'])).toBe(0)
    expect(await enteredWith(['2', '1'])).toBe(1)
  })

  test('is refused with what belongs to a server', async () => {
    expect((await backtest('--compare')).code).toBe(2)
    const sure = await runCommand(['backtest', '--file', 'no.csv', ...OPTIONS, '--json'])
    expect(sure.code).toBe(2)
    expect(sure.json()).toMatchObject({ error: { code: 'usage' } })
  })

  test('that is wrongly written tells programs so, too', async () => {
    const said = await runCommand(['backtest', '--from', 'yesterday', '--json'])
    expect(said.code).toBe(2)
    expect(said.json()).toMatchObject({ error: { code: 'usage' } })
  })
})
