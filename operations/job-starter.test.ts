import { setTimeout as sleep } from 'node:timers/promises'
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endJob, insertJob, listJobsToHandOver } from '../db/jobs.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { startJobStarter } from './job-starter.ts'
import type { Rounds } from './rounds.ts'

/** An engine of which only the start of workflows is asked. */
function engine(start: (workflowId: string) => void): { client: Client; started: string[] } {
  const started: string[] = []
  const client = {
    withDeadline: (_: number, call: () => Promise<unknown>) => call(),
    workflow: {
      start: async (_: string, { workflowId }: { workflowId: string }) => {
        start(workflowId)
        started.push(workflowId)
      },
    },
  } as unknown as Client
  return { client, started }
}

describeOnEachDatabase('the starter of jobs', (db) => {
  let starter: Rounds | undefined
  beforeEach(() => sql`truncate jobs`.execute(db()))
  afterEach(async () => {
    await starter?.stop()
    starter = undefined
  })

  const store = (jobId: string) =>
    db()
      .transaction()
      .execute((trx) =>
        insertJob(trx, {
          jobId,
          kind: 'backtest',
          input: {},
          createdAt: new Date(),
          createdBy: null,
        }),
      )
  const run = (client: Client, everyMs: number) => {
    const errors: unknown[] = []
    starter = startJobStarter({
      db: db(),
      client,
      everyMs,
      onError: (error) => errors.push(error),
    })
    return { wake: starter.wake, errors }
  }
  const untilNothingWaits = async () => {
    while ((await listJobsToHandOver(db(), 10)).length > 0) await sleep(10)
  }

  test('hands a job over at once when it is told of one', async () => {
    const { client, started } = engine(() => {})
    const { wake } = run(client, 60_000)
    await store('one')
    wake()
    await untilNothingWaits()
    await store('two')
    wake()
    await untilNothingWaits()
    expect(started).toEqual(['backtest/one', 'backtest/two'])
  })

  test('tries again while the engine is away, also for jobs of another process', async () => {
    let isAway = true
    const { client, started } = engine(() => {
      if (isAway) throw new Error('away')
    })
    await store('one')
    const { errors } = run(client, 20)
    while (errors.length < 2) await sleep(10)
    isAway = false
    await untilNothingWaits()
    expect(started).toEqual(['backtest/one'])
  })

  test('takes one that the engine has heard of as handed over', async () => {
    const { client, started } = engine((workflowId) => {
      throw new WorkflowExecutionAlreadyStartedError('there', workflowId, 'backtest')
    })
    await store('one')
    const { errors } = run(client, 20)
    await untilNothingWaits()
    expect([started, errors]).toEqual([[], []])
  })

  test('leaves a job alone that was cancelled before', async () => {
    const { client, started } = engine(() => {})
    await store('one')
    await endJob(db(), 'one', { status: 'cancelled', error: null })
    run(client, 10)
    await sleep(50)
    expect(started).toEqual([])
  })
})
