import { randomUUID } from 'node:crypto'
import { ApplicationFailure, CancelledFailure } from '@temporalio/activity'
import { RawNode, sql, type KyselyPlugin } from 'kysely'
import { beforeEach, expect, test, vi } from 'vitest'
import { backtestFile } from '../cli/backtest-file.ts'
import { findJob } from '../db/jobs.ts'
import type { RecordedEvent } from '../domain/backtest/recorded.ts'
import type { BacktestReport } from '../domain/backtest/report.ts'
import { cancelJob } from '../operations/cancel-job.ts'
import { createEventAcceptor } from '../operations/accept-events.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import type { IncomingEvent } from '../operations/incoming-event.ts'
import { publishJourney } from '../operations/publish-journey.ts'
import { startBacktest, type BacktestRequest } from '../operations/start-backtest.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'
import { createJobActivities, type Try } from './run-backtest.ts'

/** Lets this much time pass for timers, by query, before the answer of one with this text comes. */
const slowed = (passMs: Readonly<Record<string, number>>): KyselyPlugin => {
  const slow = new WeakMap<object, number>()
  return {
    transformQuery: ({ node, queryId }) => {
      const text = RawNode.is(node) ? node.sqlFragments.join('?') : ''
      for (const [part, ms] of Object.entries(passMs))
        if (text.includes(part)) slow.set(queryId, ms)
      return node
    },
    transformResult: async ({ queryId, result }) => {
      vi.advanceTimersByTime(slow.get(queryId) ?? 0)
      return result
    },
  }
}

const at = (text: string): number => Date.parse(text)
const DRAFT = journey('second', {
  class: 'service',
  entry: { on: [{ event: 'Order Completed', when: "count('Order Completed') == 2" }] },
  messages: { hello: mail('Again'), bye: mail('Bye') },
})

describeOnEachDatabase('a backtest', (db) => {
  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
    await sql`truncate customers, jobs, journeys cascade`.execute(db())
  })

  const ask = async (request: Partial<BacktestRequest> = {}): Promise<string> => {
    const { job } = await startBacktest(
      { db: db(), now: Date.now, onJob: () => {} },
      {
        definitions: [DRAFT],
        fromMs: at('2026-03-01T00:00:00Z'),
        toMs: at('2026-04-01T00:00:00Z'),
        sample: 1,
        assume: { channels: ['email'] },
        compare: false,
        keyId: null,
        ...request,
      },
    )
    return job.jobId
  }
  const run = (jobId: string, currentTry: Partial<Try> = {}): Promise<void> => {
    const { signal } = new AbortController()
    const attempt: Try = { heartbeat: () => {}, cancellationSignal: signal, ...currentTry }
    return createJobActivities({ db: db(), currentTry: () => attempt }).runBacktest({ jobId })
  }
  const importOrders = async (customers: number): Promise<void> => {
    const acceptor = createEventAcceptor({ db: db(), now: Date.now, onPending: () => {} })
    const events = Array.from({ length: customers }, (_, index) =>
      ['2026-02-10T10:00:00Z', '2026-03-10T10:00:00Z'].map((when): IncomingEvent => ({
        type: 'track',
        messageId: randomUUID(),
        userId: `user-${index}`,
        event: 'Order Completed',
        timestampMs: at(when),
        historical: true,
      })),
    )
    await acceptor.accept(events.flat())
  }
  const reportOf = async (jobId: string): Promise<BacktestReport> =>
    (await findJob(db(), jobId))?.report as unknown as BacktestReport

  test('plays drafts beside live journeys over the log, and stores its report', async () => {
    await publishJourney(
      { db: db(), nowMs: Date.now },
      { keyId: null, note: null, definition: journey('hello', { class: 'service' }) },
    )
    await importOrders(3)
    const jobId = await ask()
    expect(await findJob(db(), jobId)).toMatchObject({ status: 'waiting', progress: null })
    await run(jobId)
    expect(await findJob(db(), jobId)).toMatchObject({
      status: 'done',
      progress: { customers: 3, customersTotal: 3, events: 6 },
      error: null,
    })
    const report = await reportOf(jobId)
    expect(report.journeys).toMatchObject([
      { journey: 'hello', version: 1, draft: false, entered: 0 },
      { journey: 'second', version: 1, draft: true, entered: 3, sent: { email: 6 } },
    ])
    expect(report.happened).toEqual({ sent: [], entered: {} })
  })

  test('finds in the log what it finds in a file of the same events', async () => {
    await importOrders(30)
    const jobId = await ask()
    await run(jobId)
    const { happened: _happened, ...inLog } = await reportOf(jobId)
    const rows = async function* (): AsyncGenerator<RecordedEvent> {
      for (let index = 0; index < 30; index++)
        for (const timestamp of ['2026-03-10T10:00:00Z', '2026-02-10T10:00:00Z'])
          yield { userId: `user-${index}`, event: 'Order Completed', timestamp, properties: {} }
    }
    const { happened, ...inFile } = await backtestFile({
      rows: rows(),
      journeys: [DRAFT],
      fromMs: at('2026-03-01T00:00:00Z'),
      toMs: at('2026-04-01T00:00:00Z'),
      assume: { channels: ['email'] },
    })
    expect(inLog).toEqual(inFile)
    expect(happened).toBeNull()
  })

  test('says what really happened in the window, to real customers', async () => {
    await importOrders(2)
    await sql`insert into customers (customer_id, created_at, test) values ('test', now(), true)`.execute(
      db(),
    )
    await sql`insert into deliveries (delivery_id, customer_id, run_id, journey, version, step, message,
        channel, status, at)
      select c.customer_id || d.i, c.customer_id, 'r', 'second', 1, 's', 'm', 'email', d.status, d.at
      from customers c cross join (values
        (1, 'sent', timestamptz '2026-03-05'), (2, 'sent', timestamptz '2026-04-01'),
        (3, 'dropped', timestamptz '2026-03-06')) as d (i, status, at)`.execute(db())
    const jobId = await ask()
    await run(jobId)
    expect((await reportOf(jobId)).happened).toEqual({
      sent: [{ journey: 'second', channel: 'email', count: 2 }],
      entered: {},
    })
  })

  test('compares what is live with the draft of the same journey', async () => {
    const live = { ...DRAFT, steps: { ...DRAFT.steps, rest: { type: 'exit' as const } } }
    await publishJourney(
      { db: db(), nowMs: Date.now },
      { keyId: null, note: null, definition: live },
    )
    await importOrders(2)
    const jobId = await ask({ compare: true })
    await run(jobId)
    expect((await findJob(db(), jobId))?.report).toMatchObject({
      a: { journeys: [{ version: 1, draft: false }], sent: { total: 2 } },
      b: { journeys: [{ version: 2, draft: true }], sent: { total: 4 } },
      difference: { sent: { total: 2 } },
    })
  })

  test('is ended by a cancellation while it runs, and stays so', async () => {
    await importOrders(300)
    const jobId = await ask()
    let beats = 0
    let cancelling: Promise<void> | undefined
    await run(jobId, {
      heartbeat: (progress) => {
        if (progress === undefined) return
        beats++
        cancelling ??= cancelJob({ db: db() }, { jobId, keyId: null })
      },
    })
    await cancelling
    // Told as it began, and at most once more before it looked whether it was still wanted.
    expect(beats).toBeLessThanOrEqual(2)
    expect(await findJob(db(), jobId)).toMatchObject({ status: 'cancelled', report: null })
    await run(jobId)
    expect(await findJob(db(), jobId)).toMatchObject({ status: 'cancelled', report: null })
  })

  test('gives a sign of life every two seconds while it counts', async () => {
    await importOrders(1)
    const jobId = await ask()
    const slow = slowed({ 'from customers c where': 9_000, 'from deliveries d': 7_000 })
    const beats: string[] = []
    const { signal } = new AbortController()
    const attempt: Try = {
      heartbeat: (progress) => void beats.push(progress === undefined ? 'counting' : 'playing'),
      cancellationSignal: signal,
    }
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const activities = createJobActivities({
        db: db().withPlugin(slow),
        currentTry: () => attempt,
      })
      await activities.runBacktest({ jobId })
      // Nothing is left that would go on telling the engine that it lives.
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
    const counting = (count: number): string[] => Array.from({ length: count }, () => 'counting')
    expect(beats.slice(0, 10)).toEqual([...counting(5), 'playing', ...counting(4)])
    expect(await findJob(db(), jobId)).toMatchObject({ status: 'done' })
  })

  test('begins anew when a try died, and finds the same to the byte', async () => {
    await importOrders(10)
    const [first, second] = [await ask(), await ask()]
    await run(first)
    const aborted = AbortSignal.abort()
    await expect(run(second, { cancellationSignal: aborted })).rejects.toThrow(CancelledFailure)
    expect(await findJob(db(), second)).toMatchObject({ status: 'running' })
    // Comes after the job was asked for: not part of it.
    await importOrders(1)
    await run(second)
    const texts = await db()
      .selectFrom('jobs')
      .select(sql<string>`report::text`.as('text'))
      .execute()
    expect(texts[0]?.text).toContain('"entered":10')
    expect(texts[0]?.text).toBe(texts[1]?.text)
  })

  test('fails for good where it is our fault', async () => {
    const jobId = await ask()
    await sql`update jobs set input = input || '{"bookHash": "gone"}'`.execute(db())
    await expect(run(jobId)).rejects.toThrow(ApplicationFailure)
    await createJobActivities({ db: db() }).endJob({ jobId, as: 'failed' })
    expect(await findJob(db(), jobId)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('broke'),
    })
  })

  test('is refused with everything that is wrong with it', async () => {
    await expect(ask({ toMs: at('2026-02-01T00:00:00Z') })).rejects.toMatchObject({
      code: 'unacceptable',
      findings: [{ code: 'ends_too_early', path: '/to' }],
    })
    await expect(ask({ definitions: [{}, DRAFT, DRAFT] })).rejects.toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ path: expect.stringMatching('^/definitions/0') }),
        expect.objectContaining({ code: 'duplicate_key', path: '/definitions/2/key' }),
      ]),
    })
    await expect(ask({ definitions: [] })).rejects.toMatchObject({
      findings: [{ code: 'nothing_to_play' }],
    })
    expect(await db().selectFrom('jobs').selectAll().execute()).toEqual([])
  })
})
