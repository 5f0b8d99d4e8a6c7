import { existsSync, readFileSync } from 'node:fs'
import type { Finding } from '../domain/errors.ts'
import { note, type Context } from './context.ts'
import { FaultyFiles, Refused, usageFailure } from './failures.ts'
import type { PlacedFinding } from './journey-files.ts'
import { lineAt, readJson, type JsonText } from './places.ts'
import { renderFileFindings, renderFindings } from './show-findings.ts'

/** A JSON file that is one field of a request. */
export interface InputFile extends Pick<JsonText, 'value' | 'placeOf'> {
  readonly file: string
  readonly text: string
}

/** @throws {CommandFailure} the file is not there, or not JSON */
export function readInputFile(file: string): InputFile {
  if (!existsSync(file)) throw usageFailure(`There is no ${file}.`)
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  const { value, findings, placeOf } = readJson(text)
  if (findings.length === 0) return { file, text, value, placeOf }
  const all = findings.map(
    (finding) =>
      `${file}:${finding.line}:${finding.column} ${finding.message}\n  ${lineAt(text, finding).trim()}`,
  )
  throw usageFailure(all.join('\n'))
}

/**
 * What to throw where the server refuses a request that was put together from files, after its
 * findings are shown at their places in these files. Anything else that was thrown stays what it is.
 */
export function shownInFiles(
  context: Context,
  error: unknown,
  files: Readonly<Record<string, InputFile>>,
): unknown {
  if (!(error instanceof Refused) || error.findings.length === 0) return error
  const { stderr } = context
  const placed: PlacedFinding[] = []
  let others: readonly Finding[] = error.findings
  for (const [field, input] of Object.entries(files)) {
    const of = (path: string): boolean => path === `/${field}` || path.startsWith(`/${field}/`)
    const findings = others
      .filter(({ path }) => of(path))
      .map((finding) => {
        const path = finding.path.slice(field.length + 1)
        return { ...finding, ...input.placeOf({ ...finding, path }) }
      })
    others = others.filter(({ path }) => !of(path))
    if (findings.length > 0)
      note(context, `${renderFileFindings(stderr, { ...input, findings })}\n`)
    placed.push(...findings)
  }
  if (others.length > 0) note(context, renderFindings(stderr, others))
  return new FaultyFiles([...placed, ...others], error.message)
}
