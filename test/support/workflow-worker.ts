import type { Client } from '@temporalio/client'
import { NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker'
import { inject } from 'vitest'
import { connectTemporal } from '../../platform/temporal.ts'
import { startTestEngine } from './engine.ts'
import { processLog } from './process-log.ts'

/**
 * The real workflows on an engine of their own, over activities that a test says. `workflowBundle`: outside
 * a test run, where none was made for all files.
 */
export interface WorkflowWorker {
  readonly client: Client
  readonly stop: () => Promise<void>
}

export async function startWorkflowWorker(
  taskQueue: string,
  activities: object,
  workflowBundle?: WorkflowBundleOption,
): Promise<WorkflowWorker> {
  processLog()
  const started = new AsyncDisposableStack()
  const engine = await startTestEngine()
  started.defer(engine.stop)
  const { address } = engine
  const connection = await NativeConnection.connect({ address })
  started.defer(() => connection.close())
  const client = connectTemporal({ address, namespace: 'default' })
  started.defer(() => client.connection.close())
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: workflowBundle ?? { codePath: inject('workflowBundlePath') },
    activities,
  })
  const running = worker.run()
  started.defer(async () => {
    worker.shutdown()
    await running
  })
  return { client, stop: () => started.disposeAsync() }
}
