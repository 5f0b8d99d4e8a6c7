import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findTemporal } from '../../dev/temporal-binary.ts'
import { readConfig } from '../../platform/config.ts'
import { bundleWorkflows } from '../../worker/bundle.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The workflows as one script, made once for all files. */
    workflowBundlePath: string
  }
}

/** What every file that speaks to an engine needs: its program, found or built, and the workflows. */
export async function setup(project: TestProject): Promise<() => void> {
  await findTemporal(readConfig().cacheFolder)
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-bundle-'))
  const bundlePath = join(folder, 'workflows.js')
  writeFileSync(bundlePath, (await bundleWorkflows()).code)
  project.provide('workflowBundlePath', bundlePath)
  return () => rmSync(folder, { recursive: true, force: true })
}
