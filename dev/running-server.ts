import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What a running server leaves in its data folder for the demo and the command line. */
const runningServer = z.object({
  pid: z.number(),
  url: z.string(),
  key: z.string().nullable(),
  temporalUiUrl: z.string(),
  /** `host:port`, and the namespace. */
  temporalAddress: z.string(),
  temporalNamespace: z.string(),
})
export type RunningServer = z.infer<typeof runningServer>

const fileIn = (dataFolder: string) => join(dataFolder, 'server.json')

/** Leaves word of this server, for the owner of the folder only: it holds a key. */
export function announceServer(dataFolder: string, server: RunningServer): () => void {
  const file = fileIn(dataFolder)
  rmSync(file, { force: true })
  writeFileSync(file, `${JSON.stringify(server, null, 2)}\n`, { mode: 0o600 })
  return () => rmSync(file, { force: true })
}

/** The server that said it runs on this folder; undefined where none did. It may have been killed since. */
export function findRunningServer(dataFolder: string): RunningServer | undefined {
  try {
    return runningServer.parse(JSON.parse(readFileSync(fileIn(dataFolder), 'utf8')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
