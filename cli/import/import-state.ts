import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { canonicalJson } from '../../domain/canonical-json.ts'
import { usageFailure } from '../failures.ts'

/** How far an import is, as kept beside the file. */
export interface ImportState {
  readonly v: 1
  /** What tells this file from another: its beginning, which stays when it grows. */
  readonly head: { readonly bytes: number; readonly sha256: string }
  readonly fileBytes: number
  /** Of the server and of all that decides what a row becomes. */
  readonly settings: string
  readonly server: string
  /** Rows from the beginning that are settled: stored, or in quarantine. */
  readonly rows: number
  readonly stored: number
  readonly quarantined: number
  readonly quarantineBytes: number
  readonly finished: boolean
}

export interface ImportFiles {
  readonly state: string
  readonly quarantine: string
}

const HEAD_BYTES = 64 * 1024

/** Where an import keeps its state and its quarantine: beside the file, or in `folder`. */
export function importFiles(file: string, folder: string = dirname(file)): ImportFiles {
  const base = join(folder, basename(file))
  return { state: `${base}.import.json`, quarantine: `${base}.quarantine.ndjson` }
}

/**
 * Where to go on with a file, from its beginning where nothing was kept or `isAnew`. What a crash
 * left in the quarantine after the state was written is taken out again.
 *
 * @throws {CommandFailure} what was kept is of another file, server or mapping
 */
export function openImport(
  file: string,
  {
    files,
    settings,
    server,
    isAnew,
  }: {
    readonly files: ImportFiles
    readonly settings: unknown
    readonly server: string
    readonly isAnew: boolean
  },
): ImportState {
  const fileBytes = statSync(file).size
  const hash = sha256(canonicalJson(settings))
  const kept = isAnew ? undefined : readState(files.state)
  if (kept === undefined) {
    if (existsSync(files.quarantine)) truncateSync(files.quarantine, 0)
    return {
      v: 1,
      head: headOf(file, HEAD_BYTES),
      fileBytes,
      settings: hash,
      server,
      rows: 0,
      stored: 0,
      quarantined: 0,
      quarantineBytes: 0,
      finished: false,
    }
  }
  const differs = [
    ...(headOf(file, kept.head.bytes).sha256 === kept.head.sha256 && fileBytes >= kept.fileBytes
      ? []
      : ['the file is another one']),
    ...(kept.settings === hash ? [] : ['the mapping or the options are others']),
    ...(kept.server === server ? [] : [`it went to ${kept.server}, and this is ${server}`]),
  ]
  if (differs.length > 0)
    throw usageFailure(
      `${files.state} says how far an earlier import of ${file} came, but ${differs.join(', and ')}. With --restart the import begins anew: rows that are stored already change nothing.`,
    )
  if (existsSync(files.quarantine)) truncateSync(files.quarantine, kept.quarantineBytes)
  return { ...kept, fileBytes, finished: kept.finished && fileBytes === kept.fileBytes }
}

/** Keeps a state; whoever reads it sees the one before or this one. */
export function keepState(file: string, state: ImportState): void {
  const next = `${file}.next`
  writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(next, file)
}

/** Appends rows to the quarantine; answers how many bytes were added. */
export function quarantine(file: string, rows: readonly unknown[]): number {
  if (rows.length === 0) return 0
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  appendFileSync(file, text)
  return Buffer.byteLength(text)
}

function readState(file: string): ImportState | undefined {
  if (!existsSync(file)) return undefined
  try {
    const state = JSON.parse(readFileSync(file, 'utf8')) as ImportState
    if (state.v === 1) return state
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw usageFailure(`${file} is not what an import keeps; remove it, or say --restart.`)
}

function headOf(file: string, bytesMax: number): ImportState['head'] {
  const head = Buffer.alloc(bytesMax)
  const source = openSync(file, 'r')
  try {
    const bytes = readSync(source, head, 0, bytesMax, 0)
    return { bytes, sha256: sha256(head.subarray(0, bytes)) }
  } finally {
    closeSync(source)
  }
}

const sha256 = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex')
