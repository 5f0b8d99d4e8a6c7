import { NativeConnection, Worker } from '@temporalio/worker'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { connectTemporal } from '../platform/temporal.ts'
import { startTestEngine } from '../test/support/engine.ts'
import { processLog } from '../test/support/process-log.ts'
import {
  AUDIENCE_ENTRY_WORKFLOW,
  entryScheduleId,
  type AudienceEntryInput,
} from './entry-messages.ts'

const TASK_QUEUE = 'entries'
const WORKFLOW_ID = entryScheduleId('sale')

const started = new AsyncDisposableStack()
const begun: object[] = []
const rounds: string[] = []
let isToEnter = true
let run: (input: AudienceEntryInput) => Promise<void>

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
      beginEntry: async (input: object) => {
        begun.push(input)
        return isToEnter ? { entryId: 'e1' } : null
      },
      enterSome: async ({ entryId }: { entryId: string }) => {
        rounds.push(entryId)
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
  run = (input) =>
    client.workflow.execute<(input: AudienceEntryInput) => Promise<void>>(AUDIENCE_ENTRY_WORKFLOW, {
      workflowId: WORKFLOW_ID,
      taskQueue: TASK_QUEUE,
      args: [input],
    })
})
afterAll(() => started.disposeAsync())
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
