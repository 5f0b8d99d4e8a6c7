import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import {
  AUDIENCE_ENTRY_WORKFLOW,
  entryScheduleId,
  type AudienceEntryInput,
} from './entry-messages.ts'

const TASK_QUEUE = 'entries'
const WORKFLOW_ID = entryScheduleId('sale')

let stop: () => Promise<void>
const begun: object[] = []
const rounds: string[] = []
let isToEnter = true
let run: (input: AudienceEntryInput) => Promise<void>

beforeAll(async () => {
  const worker = await startWorkflowWorker(TASK_QUEUE, {
    beginEntry: async (input: object) => {
      begun.push(input)
      return isToEnter ? { entryId: 'e1' } : null
    },
    enterSome: async ({ entryId }: { entryId: string }) => {
      rounds.push(entryId)
      if (rounds.length === 2) throw new Error('SQL is away for a moment')
      return { isOver: rounds.length > 3, nextInMs: 1 }
    },
  })
  stop = worker.stop
  const { client } = worker
  run = (input) =>
    client.workflow.execute<(input: AudienceEntryInput) => Promise<void>>(AUDIENCE_ENTRY_WORKFLOW, {
      workflowId: WORKFLOW_ID,
      taskQueue: TASK_QUEUE,
      args: [input],
    })
})
afterAll(() => stop())
beforeEach(() => {
  begun.length = 0
  rounds.length = 0
  isToEnter = true
})

test('a firing begins an entry under its own id, and makes a failed round again', async () => {
  await run({ journey: 'sale' })
  expect(begun).toEqual([{ journey: 'sale', workflowId: WORKFLOW_ID }])
  expect(rounds).toEqual(['e1', 'e1', 'e1', 'e1'])
})

test('goes on with one that has begun', async () => {
  await run({ journey: 'sale', entryId: 'e2' })
  expect(begun).toEqual([])
  expect(rounds).toEqual(['e2', 'e2', 'e2', 'e2'])
})

test('ends where nobody is to enter now', async () => {
  isToEnter = false
  await run({ journey: 'sale' })
  expect(rounds).toEqual([])
})
