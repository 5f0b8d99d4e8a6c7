import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import { ROLLOUT_WORKFLOW, rolloutWorkflowId } from './rollout-messages.ts'

const TASK_QUEUE = 'rollouts'
const VERSION = 3

let stop: () => Promise<void>
const rounds: number[] = []
let run: () => Promise<unknown>

beforeAll(async () => {
  const worker = await startWorkflowWorker(TASK_QUEUE, {
    rollOutSome: async ({ version }: { version: number }) => {
      rounds.push(version)
      if (rounds.length === 2) throw new Error('SQL is away for a moment')
      return { isOver: rounds.length > 3, nextInMs: 1 }
    },
  })
  stop = worker.stop
  const { client } = worker
  run = async () => {
    const handle = await client.workflow.start(ROLLOUT_WORKFLOW, {
      workflowId: rolloutWorkflowId(VERSION),
      taskQueue: TASK_QUEUE,
      args: [{ version: VERSION }],
    })
    await handle.result()
  }
})
afterAll(() => stop())

test('goes on until everybody is told, makes a failed round again, and may be started anew', async () => {
  await run()
  expect(rounds).toEqual([VERSION, VERSION, VERSION, VERSION])
  await run()
  expect(rounds).toHaveLength(5)
})
