import { randomUUID } from 'node:crypto'
import type { WorkflowHandle } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ResumeRound } from '../activities/contract.ts'
import { startWorkflowWorker } from '../test/support/workflow-worker.ts'
import { RESUME_WORKFLOW, resumeWorkflowId, type ResumeInput } from './resume-messages.ts'

let stop: () => Promise<void>
/** What rounds answer, by resume. */
const rounds = new Map<string, () => Promise<ResumeRound>>()
let start: (resumeId: string) => Promise<WorkflowHandle>

beforeAll(async () => {
  const resumeSome = ({ resumeId }: ResumeInput): Promise<ResumeRound> =>
    rounds.get(resumeId)?.() ?? Promise.resolve({ isOver: true, nextInMs: 0 })
  const worker = await startWorkflowWorker('resumes', { resumeSome })
  stop = worker.stop
  const { client } = worker
  start = (resumeId) =>
    client.workflow.start(RESUME_WORKFLOW, {
      workflowId: resumeWorkflowId(resumeId),
      taskQueue: 'resumes',
      args: [{ resumeId }],
    })
})
afterAll(() => stop())

test('goes on as often as there is something left, then ends; a round that fails is made again', async () => {
  const resumeId = randomUUID()
  let count = 0
  rounds.set(resumeId, async () => {
    count++
    if (count === 2) throw new Error('SQL is away for a moment')
    return { isOver: count > 3, nextInMs: 1 }
  })
  await (await start(resumeId)).result()
  expect(count).toBe(4)
})

test('leaves what is slow alone for as long as it is told', async () => {
  const resumeId = randomUUID()
  const atMs: number[] = []
  rounds.set(resumeId, async () => {
    atMs.push(Date.now())
    return { isOver: atMs.length > 1, nextInMs: 1_500 }
  })
  await (await start(resumeId)).result()
  expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThanOrEqual(1_500)
})

test('a long one continues as new and goes on', async () => {
  const resumeId = randomUUID()
  let count = 0
  rounds.set(resumeId, async () => ({ isOver: ++count === 160, nextInMs: 0 }))
  const resume = await start(resumeId)
  const { runId: firstRunId } = await resume.describe()
  await resume.result()
  expect(count).toBe(160)
  expect((await resume.describe()).runId).not.toBe(firstRunId)
})
