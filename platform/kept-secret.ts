import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The secret kept in `file`, readable by its owner only; undefined where none is kept. */
export function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Keeps `secret` in `file`, in place of what is there. */
export function keepSecret(file: string, secret: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${secret}\n`, { mode: 0o600 })
}

/** The secret kept in `file`, made where there is none: the same one for processes that start at once. */
export function ensureSecret(file: string, make: () => string): string {
  const kept = readSecret(file)
  if (kept !== undefined) return kept
  const made = make()
  const draft = `${file}.${process.pid}`
  keepSecret(draft, made)
  try {
    // Complete as soon as it is there, and never in place of another.
    linkSync(draft, file)
    return made
  } catch (error) {
    const first = hasCode(error, 'EEXIST') ? readSecret(file) : undefined
    if (first === undefined) throw error
    return first
  } finally {
    rmSync(draft)
  }
}

/**
 * A secret of 256 bits: as it was set, else one made at the first start and kept in the data folder under
 * `name`. Processes that share no folder need the setting.
 */
export const findSecret = (set: string | undefined, dataFolder: string, name: string): string =>
  set ?? ensureSecret(join(dataFolder, name), () => randomBytes(SECRET_BYTES).toString('base64url'))

const SECRET_BYTES = 32

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
