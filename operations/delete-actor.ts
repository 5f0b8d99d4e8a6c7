import { setTimeout as sleep } from 'node:timers/promises'
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client'
import { customerWorkflowId } from '../workflows/customer-messages.ts'

const NOT_FOUND = 5
/** The engine deletes in the background: by its defaults within a minute, by those of `npm start` within seconds. */
const LOOK_AGAIN_MS = 200
const LOOKS_MAX = 450

/**
 * Ends a customer's actor wherever it stands, and deletes every run that it ever had in the engine, with
 * its history. Answers how many there were, when none is left.
 *
 * @throws {Error} where the engine is away, or still has some of them after 90 s
 */
export async function deleteActor(client: Client, customerId: string): Promise<number> {
  const workflowId = customerWorkflowId(customerId)
  const deleted = new Set<string>()
  await client.workflow
    .getHandle(workflowId)
    .terminate('erased')
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error
    })
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const runIds = await listRuns(client, workflowId)
    if (runIds.size === 0) return deleted.size
    for (const runId of runIds) {
      if (!deleted.has(runId)) await deleteRun(client, workflowId, runId)
      deleted.add(runId)
    }
    await sleep(LOOK_AGAIN_MS)
  }
  throw new Error(`The engine still has runs of ${workflowId}.`)
}

/** The newest as the engine itself knows it, and all that its list has. */
async function listRuns(client: Client, workflowId: string): Promise<Set<string>> {
  const runIds = new Set<string>()
  try {
    runIds.add((await client.workflow.getHandle(workflowId).describe()).runId)
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    runIds.add(runId)
  return runIds
}

async function deleteRun(client: Client, workflowId: string, runId: string): Promise<void> {
  try {
    await client.workflowService.deleteWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
    })
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== NOT_FOUND) throw error
  }
}
