import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationRound } from '../activities/contract.ts'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import {
  MIGRATION_WORKFLOW,
  migrationChanged,
  migrationWorkflowId,
  type MigrationInput,
} from './migration-messages.ts'

let stop: () => Promise<void>
/** What rounds answer, by migration. */
const rounds = new Map<string, () => Promise<MigrationRound>>()
let start: (migrationId: string) => Promise<WorkflowHandle>

beforeAll(async () => {
  const migrateSome = ({ migrationId }: MigrationInput): Promise<MigrationRound> =>
    rounds.get(migrationId)?.() ?? Promise.resolve({ isOver: true, looked: 0 })
  const worker = await startWorkflowWorker('migrations', { migrateSome })
  stop = worker.stop
  const { client } = worker
  start = (migrationId) =>
    client.workflow.start(MIGRATION_WORKFLOW, {
      workflowId: migrationWorkflowId(migrationId),
      taskQueue: 'migrations',
      args: [{ migrationId }],
    })
})
afterAll(() => stop())

test('a change that comes while its last round is under way is looked at before it ends', async () => {
  const migrationId = randomUUID()
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  let count = 0
  rounds.set(migrationId, async () => {
    count++
    begun.resolve()
    await ended.promise
    return { isOver: true, looked: 0 }
  })
  const migration = await start(migrationId)
  await begun.promise
  await migration.signal(migrationChanged)
  ended.resolve()
  await migration.result()
  expect(count).toBe(2)
})

test('a long one continues as new and goes on', async () => {
  const migrationId = randomUUID()
  let count = 0
  let isOver = false
  rounds.set(migrationId, async () => {
    count++
    return { isOver, looked: 1 }
  })
  const migration = await start(migrationId)
  const { runId: firstRunId } = await migration.describe()
  // Each change lets it look at once, instead of in a second.
  for (let changes = 0; changes < 150; changes++) {
    await migration.signal(migrationChanged)
    await expect.poll(() => count, { interval: 2 }).toBeGreaterThan(changes)
  }
  const { runId } = await migration.describe()
  expect(runId).not.toBe(firstRunId)
  isOver = true
  await migration.signal(migrationChanged)
  await migration.result()
})
