import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { DeterminismViolationError } from '@temporalio/workflow'
import { Worker } from '@temporalio/worker'
import { describe, expect, inject, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url))
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

/** Actors live for years: what they did before a release must be what today's code would do. */
describe('replay', () => {
  test.each(NAMES)('%s is replayed by the current workflows', async (name) => {
    await expect(replay(read(name))).resolves.toBeUndefined()
  })

  test('notices a history that the current workflows would not have made', async () => {
    const json = read('flow-to-the-end.0.1.0.json').replaceAll('"arbitrate"', '"ponder"')
    await expect(replay(json)).rejects.toThrow(DeterminismViolationError)
  })
})

const read = (name: string): string => readFileSync(`${FOLDER}${name}`, 'utf8')

async function replay(json: string): Promise<void> {
  const workflowBundle = { codePath: inject('workflowBundlePath') }
  await Worker.runReplayHistory({ workflowBundle }, historyFromJSON(JSON.parse(json)))
}
