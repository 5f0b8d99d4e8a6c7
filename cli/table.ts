import Table from 'cli-table3'
import type { Answer } from './answer.ts'
import { painter, type Context, type Output } from './context.ts'

type Cell = string | number | null

const NO_LINES = Object.fromEntries(
  [
    'top',
    'top-mid',
    'top-left',
    'top-right',
    'bottom',
    'bottom-mid',
    'bottom-left',
    'bottom-right',
    'left',
    'left-mid',
    'mid',
    'mid-mid',
    'right',
    'right-mid',
    'middle',
  ].map((name) => [name, '']),
)

/** Rows under a head, in columns as wide as they must be; figures stand right. Empty where there are no rows. */
export function renderTable(
  stream: Output,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  if (rows.length === 0) return ''
  const paint = painter(stream)
  const table = new Table({
    chars: { ...NO_LINES, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) =>
      rows.every((row) => isFigure(row[column] ?? null)) ? 'right' : 'left',
    ),
  })
  table.push(head.map((name) => paint('bold', name)))
  for (const row of rows) table.push(row.map((cell) => (cell === null ? '–' : String(cell))))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** A number, nothing, or a difference with its sign. */
const isFigure = (cell: Cell): boolean =>
  typeof cell === 'number' || cell === null || /^[+-]\d+$|^0$/.test(cell)

/** A list for programs as it came, and for people as a table. */
export const listAnswer = <Row>(
  { stdout }: Pick<Context, 'stdout'>,
  rows: readonly Row[],
  shown: {
    /** Said where there are no rows. */
    readonly none: string
    readonly head: readonly string[]
    readonly row: (row: Row) => readonly Cell[]
  },
): Answer => ({
  json: rows,
  text: () =>
    rows.length === 0 ? shown.none : renderTable(stdout, shown.head, rows.map(shown.row)),
})

/** Names and what they stand for, one under the other. */
export function renderPairs(
  stream: Output,
  pairs: readonly (readonly [name: string, value: Cell])[],
): string {
  const paint = painter(stream)
  const width = Math.max(0, ...pairs.map(([name]) => name.length))
  return pairs
    .map(([name, value]) => `${paint('bold', name.padEnd(width))}  ${value ?? '–'}`)
    .join('\n')
}

/** `2026-12-06 09:00:00Z`: to the second, as timelines need it. */
export const instantText = (iso: string): string =>
  iso.replace('T', ' ').replace(/(:\d\d)\.\d+Z$/, '$1Z')
