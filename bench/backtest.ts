import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ONCE = fileURLToPath(new URL('./backtest-once.ts', import.meta.url))
/** As many customers again and again: memory must not follow. */
const COPIES = [1, 4]

/** What one backtest took. */
export interface BacktestRun {
  readonly copies: number
  /** Lines of the file. */
  readonly rows: number
  readonly events: number
  readonly customers: number
  /** Messages that would be sent. */
  readonly sent: number
  /** Reading, and parting by customer into temporary files. */
  readonly readS: number
  readonly playS: number
  /** Of all threads. */
  readonly cpuS: number
  readonly peakMb: number
}

/**
 * Plays the example journeys over the orders that the project carries, or over the full Online Retail
 * file, once with its customers and once with four times as many. Prints a table.
 */
export async function benchBacktest(file: string | undefined): Promise<void> {
  const runs: BacktestRun[] = []
  for (const copies of COPIES) runs.push(await runOnce(copies, file))
  console.log(tableOf(runs))
}

async function runOnce(copies: number, file: string | undefined): Promise<BacktestRun> {
  const child = fork(ONCE, [String(copies), ...(file === undefined ? [] : [file])])
  const ended = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`The backtest ended with code ${String(code)}.`)
  })
  const told = once(child, 'message').then(([run]) => run as BacktestRun)
  const [run] = await Promise.all([told, ended])
  return run
}

function tableOf(runs: readonly BacktestRun[]): string {
  const lines: [name: string, of: (run: BacktestRun) => string][] = [
    ['lines of the file', ({ rows }) => whole(rows)],
    ['events', ({ events }) => whole(events)],
    ['customers', ({ customers }) => whole(customers)],
    ['messages that would be sent', ({ sent }) => whole(sent)],
    ['reading, s', ({ readS }) => readS.toFixed(1)],
    ['playing, s', ({ playS }) => playS.toFixed(1)],
    ['together, s', ({ readS, playS }) => (readS + playS).toFixed(1)],
    ['CPU, s', ({ cpuS }) => cpuS.toFixed(1)],
    ['customers/s', ({ customers, playS }) => whole(customers / playS)],
    ['peak of memory, MB', ({ peakMb }) => whole(peakMb)],
  ]
  const head = ['', ...runs.map(({ copies }) => `customers × ${copies}`)]
  const rows = [head, ...lines.map(([name, of]) => [name, ...runs.map(of)])]
  return rows
    .map(([name = '', ...cells]) =>
      [name.padEnd(28), ...cells.map((cell) => cell.padStart(14))].join(' '),
    )
    .join('\n')
}

const whole = (number: number): string => Math.round(number).toLocaleString('en')
