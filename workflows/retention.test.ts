import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RetentionRound } from '../activities/contract.ts'
import { NOTHING_DELETED } from '../domain/retention/retention-run.ts'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import { RETENTION_WORKFLOW } from './retention-messages.ts'

const TASK_QUEUE = 'retention'
const WORKFLOW_ID = 'retention-of-a-day'

let stop: () => Promise<void>
const rounds: string[] = []
let hasRules = true
let run: () => Promise<RetentionRound | null>

beforeAll(async () => {
  const worker = await startWorkflowWorker(TASK_QUEUE, {
    beginRetention: async ({ runId }: { runId: string }) =>
      hasRules ? { runId: `${runId}, taken up` } : null,
    retainSome: async ({ runId }: { runId: string }) => {
      rounds.push(runId)
      if (rounds.length === 2) throw new Error('SQL is away for a moment')
      const looked = rounds.length
      return { isOver: looked > 3, looked, deleted: NOTHING_DELETED }
    },
  })
  stop = worker.stop
  const { client } = worker
  run = () =>
    client.workflow.execute<() => Promise<RetentionRound | null>>(RETENTION_WORKFLOW, {
      workflowId: WORKFLOW_ID,
      taskQueue: TASK_QUEUE,
    })
})
afterAll(() => stop())
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
