import type { Finding } from '../domain/errors.ts'
import type { CheckedFile } from './check-files.ts'
import { painter, type Output } from './context.ts'
import { shownPath, type PlacedFinding } from './journey-files.ts'
import { lineAt, type Place } from './places.ts'

/** A line longer than this is shown around its place only. */
const LINE_MAX = 110
const BEFORE_PLACE = 50

/** The findings of a file, each with the line that it is about and a mark under the place. Empty where there are none. */
export function renderFileFindings(
  stream: Output,
  { file, text, findings }: Pick<CheckedFile, 'file' | 'text' | 'findings'>,
): string {
  const inOrder = findings.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
  return inOrder
    .map((finding) => {
      const place = placeIn(finding)
      const at = place === null ? '' : `:${place.line}:${place.column}`
      const head = `${shownPath(file)}${at} ${headOf(stream, finding)}`
      return place === null || text === null
        ? `${head}${finding.path === '' ? '' : `\n  at ${finding.path}`}`
        : `${head}\n${excerpt(stream, text, place, finding.severity)}`
    })
    .join('\n\n')
}

/** Findings of the server about what was sent, without a file to show them in. */
export const renderFindings = (stream: Output, findings: readonly Finding[]): string =>
  findings
    .map((finding) => `${finding.path === '' ? '' : `${finding.path} `}${headOf(stream, finding)}`)
    .join('\n')

function headOf(stream: Output, { code, message, severity }: Finding): string {
  const paint = painter(stream)
  return `${paint(['bold', severity === 'error' ? 'red' : 'yellow'], severity)} ${paint('dim', code)}  ${message}`
}

function placeIn({ line, column, length }: PlacedFinding): Place | null {
  return line === undefined || column === undefined || length === undefined
    ? null
    : { line, column, length }
}

function excerpt(
  stream: Output,
  text: string,
  place: Place,
  severity: Finding['severity'],
): string {
  const paint = painter(stream)
  const whole = lineAt(text, place)
  const from = whole.length <= LINE_MAX ? 0 : Math.max(0, place.column - 1 - BEFORE_PLACE)
  const line = whole.slice(from, from + LINE_MAX)
  const cutBefore = from > 0 ? '…' : ''
  const cutAfter = from + LINE_MAX < whole.length ? '…' : ''
  const number = String(place.line).padStart(5)
  const before = line.slice(0, place.column - 1 - from)
  // Tabs stay, so that the mark stands under what it means however wide they are shown.
  const indent = (cutBefore + before).replaceAll(/[^\t]/g, ' ')
  const marks = '^'.repeat(Math.max(1, Math.min(place.length, line.length - before.length)))
  const bar = paint('dim', '|')
  return [
    `${paint('dim', number)} ${bar} ${cutBefore}${line}${cutAfter}`,
    `${' '.repeat(number.length)} ${bar} ${indent}${paint(severity === 'error' ? 'red' : 'yellow', marks)}`,
  ].join('\n')
}
