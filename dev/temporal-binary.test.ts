import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { tryWays, type TemporalWays } from './temporal-binary.ts'

const folder = mkdtempSync(join(tmpdir(), 'rumbo-ways-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A program that prints what a Temporal CLI with this server prints. */
function cli(name: string, server: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\necho 'temporal version 1 (Server ${server}, UI 2)'\n`, {
    mode: 0o755,
  })
  return path
}

const never = async (): Promise<string> => {
  throw new Error('must not be tried')
}
const missing = join(folder, 'nothing')
const fine = cli('fine', '1.32.0')
const old = cli('old', '1.29.1')
const newer = cli('newer', '1.33.1')

function ways(some: Partial<TemporalWays>): TemporalWays {
  return { onPath: missing, cached: [], download: never, build: never, ...some }
}

describe('the dev server', () => {
  test('on the PATH is taken first', async () => {
    expect(await tryWays(ways({ onPath: fine }))).toEqual({
      path: fine,
      version: { major: 1, minor: 32 },
    })
  })

  test('on the PATH is passed over when it cannot skip time', async () => {
    const found = await tryWays(ways({ onPath: old, cached: [missing, newer] }))
    expect(found.path).toBe(newer)
  })

  test('is downloaded before it is built', async () => {
    expect((await tryWays(ways({ download: async () => fine }))).path).toBe(fine)
  })

  test('is built when the download is too old or fails', async () => {
    const build = async () => fine
    expect((await tryWays(ways({ download: async () => old, build }))).path).toBe(fine)
    expect((await tryWays(ways({ build }))).path).toBe(fine)
  })

  test('that can be had in no way is explained in one message with all three', async () => {
    const failing = tryWays(
      ways({
        onPath: old,
        download: async () => {
          throw new Error('no answer within 10 s')
        },
        build: async () => {
          throw new Error('Go was not found on the PATH')
        },
      }),
    )
    await expect(failing).rejects.toThrow(
      /1\. "temporal" on the PATH: its server is 1\.29.*\n.*no answer within 10 s\.\n.*Go was not found/,
    )
    await expect(failing).rejects.toThrow(/install the Temporal CLI.*install Go 1\.26\.4/s)
  })
})
