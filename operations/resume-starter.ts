import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { listResumesUnderWay } from '../db/resumes.ts'
import type { Database } from '../db/schema.ts'
import { CUSTOMER_TASK_QUEUE } from '../workflows/customer-messages.ts'
import {
  RESUME_WORKFLOW,
  resumeWorkflowId,
  type ResumeInput,
} from '../workflows/resume-messages.ts'
import { startWorkflowStarter, type WorkflowStarter } from './workflow-starter.ts'

const START_WITHIN_MS = 10_000

export interface ResumeStarterDeps {
  readonly db: Kysely<Database>
  /** Over a lazy connection: the engine need not be there yet. */
  readonly client: Client
  /** Told of every failure that is going to be tried again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/** Makes sure that every resume under way has its workflow. */
export function startResumeStarter({
  db,
  client,
  onError,
  everyMs,
}: ResumeStarterDeps): WorkflowStarter {
  const ensure = async (resumeId: string): Promise<void> => {
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      client.workflow.start<(input: ResumeInput) => Promise<void>>(RESUME_WORKFLOW, {
        workflowId: resumeWorkflowId(resumeId),
        taskQueue: CUSTOMER_TASK_QUEUE,
        args: [{ resumeId }],
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    )
  }
  return startWorkflowStarter({
    list: () => listResumesUnderWay(db),
    ensure,
    tell: ensure,
    onError,
    everyMs,
  })
}
