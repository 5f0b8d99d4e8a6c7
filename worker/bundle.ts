import { fileURLToPath } from 'node:url'
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'

/**
 * The workflows and the domain they drive, as one script for the sandbox. Takes a second or two.
 *
 * @param interceptors files of workflow interceptors to go with them
 */
export function bundleWorkflows(
  interceptors: readonly string[] = [],
): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: pathOf('../workflows/index.ts'),
    workflowInterceptorModules: [...interceptors],
    // Evaluated once per worker instead of once per customer: the library of conditions and the one
    // of calendars weigh more than all of our own code.
    preloadModules: [pathOf('../domain/conditions.ts'), pathOf('../domain/time.ts')],
    logger: new DefaultLogger('ERROR'),
  })
}

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
