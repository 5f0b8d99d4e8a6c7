import type { Client } from '@temporalio/client'
import {
  CUSTOMER_TASK_QUEUE,
  CUSTOMER_WORKFLOW,
  customerWorkflowId,
} from '../workflows/customer-messages.ts'

/** Starts a customer's actor; one that runs already goes on. */
export async function startActor(client: Client, customerId: string): Promise<void> {
  await client.workflow.start(CUSTOMER_WORKFLOW, {
    workflowId: customerWorkflowId(customerId),
    taskQueue: CUSTOMER_TASK_QUEUE,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ customerId }],
  })
}
