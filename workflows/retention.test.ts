import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import type { RetentionRound } from '../activities/contract.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { startTestEngine } from '../test/support/engine.ts'
import { processLog } from '../test/support/process-log.ts'
import { RETENTION_WORKFLOW } from './retention-messages.ts'

const TASK_QUEUE = 'retention'
const WORKFLOW_ID = 'retention-of-a-day'

const started = new AsyncDisposableStack()
const rounds: string[] = []
let hasRules = true
let run: () => Promise<RetentionRound | null>

beforeAll(async () => {
  processLog()
  const engine = await startTestEngine()
  started.defer(engine.stop)
  const { address } = engine
  const connection = await NativeConnection.connect({ address })
  started.defer(() => connection.close())
  const client = connectTemporal({ address, namespace: 'default' })
  started.defer(() => client.connection.close())
  const worker = await Worker.create({
    connection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities: {
      beginRetention: async ({ runId }: { runId: string }) =>
        hasRules ? { runId: `${runId}, taken up` } : null,
      retainSome: async ({ runId }: { runId: string }) => {
        rounds.push(runId)
        if (rounds.length === 2) throw new Error('SQL is away for a moment')
        const looked = rounds.length
        return { isOver: looked > 3, looked, deleted: { events: {}, mails: 0, timeline: 0 } }
      },
    },
  })
  const running = worker.run()
  started.defer(async () => {
    worker.shutdown()
    await running
  })
  run = () =>
    client.workflow.execute<() => Promise<RetentionRound | null>>(RETENTION_WORKFLOW, {
      workflowId: WORKFLOW_ID,
      taskQueue: TASK_QUEUE,
    })
})
afterAll(() => started.disposeAsync())
beforeEach(() => {
  rounds.length = 0
  hasRules = true
})

test('walks on until the run is over, and makes a failed round again', async () => {
  expect(await run()).toMatchObject({ isOver: true, looked: 4 })
  expect(rounds).toEqual(Array(4).fill(`${WORKFLOW_ID}, taken up`))
})

test('does nothing where there are no rules', async () => {
  hasRules = false
  expect(await run()).toBeNull()
  expect(rounds).toEqual([])
})
