import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Finding } from '../domain/errors.ts'
import { usageFailure } from './failures.ts'
import { readJson, type Place } from './places.ts'

/** Something that is wrong in a file; the place is known where the file is JSON. */
export type PlacedFinding = Finding & Partial<Place>

/** A journey as it stands in a file, whatever it is. */
export interface JourneyFile {
  /** As the caller named it, or found under what the caller named. */
  readonly file: string
  /** The source, where places can be shown in it. */
  readonly text: string | null
  /** Undefined where the file could not be read as a definition. */
  readonly definition: unknown
  /** What kept it from being read. */
  readonly findings: readonly PlacedFinding[]
  readonly placeOf: (finding: Finding) => Place | undefined
}

/** Findings with their places in the file. */
export const placed = (
  { placeOf }: Pick<JourneyFile, 'placeOf'>,
  findings: readonly Finding[],
): PlacedFinding[] => findings.map((finding) => ({ ...finding, ...placeOf(finding) }))

/** All that is to be said about a file: what was found here, and what a server adds to it. */
export function withServerFindings(
  file: Pick<JourneyFile, 'placeOf'> & { readonly findings: readonly PlacedFinding[] },
  there: readonly Finding[],
): PlacedFinding[] {
  const known = new Set(file.findings.map(identityOf))
  const more = there.filter((finding) => !known.has(identityOf(finding)))
  return [...file.findings, ...placed(file, more)]
}

const identityOf = ({ code, path, message }: Finding): string => `${code} ${path} ${message}`

const MODULE = /\.m?[jt]s$/
const NO_JOURNEY = /\.(test|spec|d)\.m?[jt]s$/

/**
 * The journeys in these files and in everything under these folders: `.json`, and modules that
 * export one by default. In folders, modules without a default export are helpers of others.
 *
 * @throws {CommandFailure} naming all files that are not there
 */
export async function readJourneyFiles(paths: readonly string[]): Promise<JourneyFile[]> {
  const missing = paths.filter((path) => !existsSync(path))
  if (missing.length > 0) throw usageFailure(`There is no ${missing.join(', no ')}.`)
  const found: JourneyFile[] = []
  for (const path of new Set(paths)) {
    if (!statSync(path).isDirectory()) found.push(await readFile(path))
    else
      for (const file of filesUnder(path)) {
        const read = await readFile(file)
        if (!isHelper(read)) found.push(read)
      }
  }
  return found
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/(^|[\\/])(\.|node_modules[\\/])/.test(name))
    .filter((name) => name.endsWith('.json') || (MODULE.test(name) && !NO_JOURNEY.test(name)))
    .map((name) => join(folder, name))
    .toSorted()
}

async function readFile(file: string): Promise<JourneyFile> {
  return MODULE.test(file) ? readModule(file) : readJsonFile(file)
}

function readJsonFile(file: string): JourneyFile {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const { value, findings, placeOf } = readJson(text)
  return { file, text, definition: value, findings, placeOf }
}

async function readModule(file: string): Promise<JourneyFile> {
  const read = { file, text: null, placeOf: () => undefined }
  try {
    // Changed since it was read last (a test, an editor's server): a module is loaded once by its address.
    const url = pathToFileURL(file)
    url.search = `changed=${statSync(file).mtimeMs}`
    const module: { default?: unknown } = await import(url.href)
    if (module.default === undefined)
      return { ...read, definition: undefined, findings: [{ ...NO_DEFAULT_EXPORT }] }
    // What the server would get: plain JSON.
    const definition: unknown = JSON.parse(JSON.stringify(module.default) ?? 'null')
    return { ...read, definition, findings: [] }
  } catch (error) {
    return {
      ...read,
      definition: undefined,
      findings: [
        {
          code: 'bad_module',
          path: '',
          message: `The module cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
          severity: 'error',
        },
      ],
    }
  }
}

const NO_DEFAULT_EXPORT: Finding = {
  code: 'no_default_export',
  path: '',
  message: 'The module exports no journey; write "export default journey(…)".',
  severity: 'error',
}

const isHelper = ({ findings }: JourneyFile): boolean =>
  findings.some(({ code }) => code === NO_DEFAULT_EXPORT.code)

/** A path as people read it. */
export const shownPath = (path: string): string => {
  const shown = relative('.', path)
  return shown === '' || shown.startsWith('..') ? path : shown
}
