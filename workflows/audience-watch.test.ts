import { afterAll, beforeAll, expect, test } from 'vitest'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import {
  AUDIENCE_WATCH_WORKFLOW,
  watchScheduleId,
  type AudienceWatchInput,
} from './watch-messages.ts'

const TASK_QUEUE = 'watches'
const rounds: string[] = []
let stop: () => Promise<void>
let run: (input: AudienceWatchInput) => Promise<void>

beforeAll(async () => {
  const worker = await startWorkflowWorker(TASK_QUEUE, {
    watchSome: async ({ audience }: AudienceWatchInput) => {
      rounds.push(audience)
      if (rounds.length === 2) throw new Error('SQL is away for a moment')
      return { isOver: rounds.length > 3, nextInMs: 1 }
    },
  })
  stop = worker.stop
  const { client } = worker
  run = (input) =>
    client.workflow.execute<(input: AudienceWatchInput) => Promise<void>>(AUDIENCE_WATCH_WORKFLOW, {
      workflowId: watchScheduleId(input.audience),
      taskQueue: TASK_QUEUE,
      args: [input],
    })
})
afterAll(() => stop())

test('a firing looks at everybody, round by round, and makes a failed round again', async () => {
  await run({ audience: 'tea' })
  expect(rounds).toEqual(['tea', 'tea', 'tea', 'tea'])
})
