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
    // Evaluated once per worker instead of once per customer: what decides, with the libraries of
    // conditions and calendars. All of it is pure and keeps nothing but memos.
    preloadModules: [pathOf('../domain/actor/advance.ts')],
    logger: new DefaultLogger('ERROR'),
  })
}

const pathOf = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
