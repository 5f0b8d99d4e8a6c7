import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { connectTemporal } from '../platform/temporal.ts'
import { startTestEngine } from '../test/support/engine.ts'
import { processLog } from '../test/support/process-log.ts'
import { ROLLOUT_WORKFLOW, rolloutWorkflowId } from './rollout-messages.ts'

const TASK_QUEUE = 'rollouts'
const VERSION = 3

const started = new AsyncDisposableStack()
const rounds: number[] = []
let run: () => Promise<unknown>

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
      rollOutSome: async ({ version }: { version: number }) => {
        rounds.push(version)
        if (rounds.length === 2) throw new Error('SQL is away for a moment')
        return { isOver: rounds.length > 3, nextInMs: 1 }
      },
    },
  })
  const running = worker.run()
  started.defer(async () => {
    worker.shutdown()
    await running
  })
  run = async () => {
    const handle = await client.workflow.start(ROLLOUT_WORKFLOW, {
      workflowId: rolloutWorkflowId(VERSION),
      taskQueue: TASK_QUEUE,
      args: [{ version: VERSION }],
    })
    await handle.result()
  }
})
afterAll(() => started.disposeAsync())

test('goes on until everybody is told, makes a failed round again, and may be started anew', async () => {
  await run()
  expect(rounds).toEqual([VERSION, VERSION, VERSION, VERSION])
  await run()
  expect(rounds).toHaveLength(5)
})
