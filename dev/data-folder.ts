import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../platform/exit-with.ts'
import { tryLock } from './process-lock.mjs'

/** The folder of the embedded stores, held by this process. */
export interface DataFolder {
  readonly file: (name: string) => string
  readonly release: () => void
}

/**
 * Takes a data folder for this process; makes it where there is none. What a killed process held is free.
 *
 * @throws {StartError} in use by another process, or not a folder that can be written to
 */
export function takeDataFolder(path: string): DataFolder {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.W_OK)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `The data folder ${path} cannot be used (${why}). Set RUMBO_DATA to a folder that can be written to.`,
    )
  }
  const lock = tryLock(join(path, 'lock'))
  if ('heldBy' in lock)
    throw new StartError(
      `The data folder ${path} is in use by process ${lock.heldBy}. Stop that one, or set RUMBO_DATA to another folder.`,
    )
  return { file: (name) => join(path, name), release: lock.release }
}
