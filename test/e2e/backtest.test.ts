import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { backtestWorkflowId } from '../../workflows/backtest-messages.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const CUSTOMERS = 1_000
const DAYS = 25
const WINDOW = { from: '2026-03-01T00:00:00Z', to: '2026-06-01T00:00:00Z' }
const DRAFT = journey('draft', {
  class: 'service',
  entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
})

describe('a backtest on a real engine', () => {
  let rumbo: TestRumbo
  beforeAll(async () => {
    rumbo = await startTestRumbo(await connectEmbedded())
    await importOrders()
  })
  afterAll(() => rumbo.stop())

  /** An order every day of every customer, as an import would leave it: no actor hears of it. */
  const importOrders = async (): Promise<void> => {
    await sql`insert into customers (customer_id, created_at)
      select 'c' || i, now() from generate_series(1, ${CUSTOMERS}::int) i`.execute(rumbo.db)
    await sql`insert into events (message_id, customer_id, type, name, historical, occurred_at,
        received_at, status)
      select i || ' ' || day, 'c' || i, 'track', 'Order Completed', true,
        timestamptz '2026-03-01T10:00:00Z' + day * interval '24 hours', now(), 'filtered'
      from generate_series(1, ${CUSTOMERS}::int) i, generate_series(0, ${DAYS - 1}::int) day
    `.execute(rumbo.db)
  }
  const ask = async (): Promise<string> => {
    const { status, body } = await rumbo.call('POST', '/v1/journeys/backtest', {
      definitions: [DRAFT],
      ...WINDOW,
      assume: { channels: ['email'] },
    })
    expect(status).toBe(202)
    return body['jobId'] as string
  }
  const job = async (jobId: string) =>
    (await rumbo.call('GET', `/v1/jobs/${jobId}`)).body as {
      status: string
      progress: { customers: number; customersTotal: number } | null
      report: { journeys: { entered: number }[] } | null
    }
  const untilRunning = (jobId: string) =>
    eventually('the job has played some customers', async () => {
      const { status, progress } = await job(jobId)
      expect(['waiting', 'running']).toContain(status)
      return (progress?.customers ?? 0) > 0
    })

  test('shows how far it is, answers calls meanwhile, and ends with its report', async () => {
    const jobId = await ask()
    await untilRunning(jobId)
    const slowest = { ms: 0 }
    const done = await eventually('the job is done', async () => {
      const askedAt = performance.now()
      const now = await job(jobId)
      slowest.ms = Math.max(slowest.ms, performance.now() - askedAt)
      return now.status === 'done' && now
    })
    expect(done.progress).toMatchObject({ customers: CUSTOMERS, customersTotal: CUSTOMERS })
    // Two weeks a run: one from the first day, one from the fifteenth or sixteenth.
    expect(done.report?.journeys[0]).toMatchObject({ journey: 'draft', entered: 2 * CUSTOMERS })
    expect(slowest.ms).toBeLessThan(2_000)
  })

  test('ends within a second when it is cancelled', async () => {
    const jobId = await ask()
    await untilRunning(jobId)
    expect((await rumbo.call('POST', `/v1/jobs/${jobId}/cancel`)).body).toMatchObject({
      status: 'cancelled',
    })
    await untilOver(jobId, 'COMPLETED', 1_500)
    expect(await job(jobId)).toMatchObject({ status: 'cancelled', report: null })
  })

  test('ends when an operator cancels its workflow', async () => {
    const jobId = await ask()
    await untilRunning(jobId)
    await rumbo.client.workflow.getHandle(backtestWorkflowId(jobId)).cancel()
    await untilOver(jobId, 'CANCELLED', 5_000)
    expect(await job(jobId)).toMatchObject({ status: 'cancelled', report: null })
  })

  test('begins anew on another worker when the first one goes', async () => {
    const jobId = await ask()
    await untilRunning(jobId)
    await rumbo.stopWorkers()
    expect(await job(jobId)).toMatchObject({ status: 'running' })
    await rumbo.startWorkers()
    const done = await eventually('the job is done', async () => {
      const now = await job(jobId)
      return now.status === 'done' && now
    })
    expect(done.report?.journeys[0]).toMatchObject({ entered: 2 * CUSTOMERS })
  })

  const untilOver = (jobId: string, status: string, withinMs: number) =>
    eventually(
      `the workflow is ${status}`,
      async () => {
        const handle = rumbo.client.workflow.getHandle(backtestWorkflowId(jobId))
        return (await handle.describe()).status.name === status
      },
      withinMs,
    )
})
