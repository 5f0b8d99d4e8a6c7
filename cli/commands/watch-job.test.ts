import { describe, expect, test } from 'vitest'
import { runCommand, words } from '../../test/support/command-line.ts'
import { connectTo } from '../server.ts'

const running = { status: 'running', progress: { customers: 1, customersTotal: 4, perSecond: 2 } }
const job = (of: object) => ({ jobId: 'j1', error: null, report: null, progress: null, ...of })

/** A server that has one job, and says of it one after the other; an `Error` is a broken connection. */
function serverWith(answers: (object | Error)[], signal = new AbortController().signal) {
  const calls: string[] = []
  const fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { method, url } = new Request(input, init)
    calls.push(`${method} ${new URL(url).pathname}`)
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? new Error('No answer')
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(Response.json(answer))
  }
  return { calls, server: connectTo({ url: 'http://rumbo.test', key: 'rk_test', signal, fetch }) }
}

describe('rumbo backtest --job', () => {
  test('waits for a job that was begun before, and gives its report', async () => {
    const report = { customers: { played: 4 } }
    const { server, calls } = serverWith([
      job({ status: 'waiting' }),
      job(running),
      job({ status: 'done', report }),
    ])
    const said = await runCommand(words('backtest --job j1 --json'), { server })
    expect(said.code).toBe(0)
    expect(said.json()).toEqual(report)
    expect(said.stderr).toContain('Job j1 waits for a worker.')
    expect(new Set(calls)).toEqual(new Set(['GET /v1/jobs/j1']))
  })

  test('leaves the job alone on Ctrl-C: somebody else may have begun it', async () => {
    const ctrlC = new AbortController()
    const { server, calls } = serverWith([job(running)], ctrlC.signal)
    const asked = runCommand(words('backtest --job j1'), { server, signal: ctrlC.signal })
    setTimeout(() => ctrlC.abort(), 100)
    const said = await asked
    expect(said.code).toBe(130)
    expect(said.stderr).toContain('rumbo backtest --job j1')
    expect(calls).toEqual(['GET /v1/jobs/j1'])
  })

  test('goes with no window, journeys or file', async () => {
    for (const more of ['--from 2026-01-01', 'examples/journeys/welcome.json', '--file a.csv'])
      expect((await runCommand(words(`backtest --job j1 ${more}`))).code).toBe(2)
  })
})

describe('rumbo backtest on a server', () => {
  const WINDOW = '--from 2026-01-01 --to 2026-02-01'

  test('that goes away says how to come back to the job, which goes on', async () => {
    const gone = new TypeError('fetch failed')
    const { server } = serverWith([{ jobId: 'j1', warnings: [] }, job(running), gone])
    const said = await runCommand(words(`backtest ${WINDOW}`), { server })
    expect(said.code).toBe(3)
    expect(said.stderr).toContain('The job goes on. To see it again: rumbo backtest --job j1')
  })

  test('is cancelled by Ctrl-C', async () => {
    const ctrlC = new AbortController()
    const { server, calls } = serverWith(
      [{ jobId: 'j1', warnings: [] }, job(running)],
      ctrlC.signal,
    )
    const asked = runCommand(words(`backtest ${WINDOW}`), { server, signal: ctrlC.signal })
    setTimeout(() => ctrlC.abort(), 100)
    expect((await asked).code).toBe(130)
    expect(calls.at(-1)).toBe('POST /v1/jobs/j1/cancel')
  })

  test('needs a window', async () => {
    const said = await runCommand(words('backtest --from 2026-01-01'))
    expect(said.code).toBe(2)
    expect(said.stderr).toContain('--from and --to')
  })
})
