import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CsvError, parse } from 'csv-parse'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { usageFailure } from '../failures.ts'

/** A row of a file; the first has number 1, whatever stands above it. */
export type Row = Read & {
  readonly number: number
  /** Where it begins in the file, unpacked: the first line is 1. */
  readonly line: number
}

type Read =
  | { readonly value: JsonObject }
  | { readonly value: null; readonly raw: string; readonly why: string }

export interface RowsOptions {
  readonly format: 'ndjson' | 'csv'
  /** Between the columns of a CSV. */
  readonly delimiter: string
  /** Rows from the beginning that are left out. */
  readonly skip: number
  /** Told of every piece read: how many bytes of the file are read by now. */
  readonly onRead?: (bytes: number) => void
}

/** Longer than any event may be, by far: what has no end within it is not what it is said to be. */
const ROW_CHARACTERS_MAX = 4 * 1024 * 1024

/** The format that a file's name tells; null where it tells none. */
export function formatOf(file: string): 'ndjson' | 'csv' | null {
  const name = file.toLowerCase().replace(/\.gz$/, '')
  if (/\.(ndjson|jsonl)$/.test(name)) return 'ndjson'
  return /\.(csv|tsv)$/.test(name) ? 'csv' : null
}

/**
 * The rows of a file, one at a time, however large it is; `.gz` is unpacked on the way. Empty lines
 * count as no rows.
 *
 * @throws {CommandFailure} where the file as a whole is not what it is said to be
 */
export async function* readRows(file: string, options: RowsOptions): AsyncGenerator<Row> {
  const text = openText(file, options.onRead)
  try {
    if (options.format === 'csv') yield* csvRows(text, options)
    else yield* ndjsonRows(text, options)
  } catch (error) {
    if (error instanceof CsvError)
      throw usageFailure(`${file} cannot be read as CSV: ${error.message}`)
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
      throw usageFailure(`${file} cannot be unpacked: ${error.message}`)
    throw error
  } finally {
    text.destroy()
  }
}

function openText(file: string, onRead: (bytes: number) => void = () => {}): Readable {
  const source = createReadStream(file, { highWaterMark: 256 * 1024 })
  source.on('data', () => onRead(source.bytesRead))
  source.pause()
  // A failure on the way comes out at the end of the pipe.
  return file.endsWith('.gz') ? pipeline(source, createGunzip(), () => {}) : source
}

async function* ndjsonRows(text: Readable, { skip }: RowsOptions): AsyncGenerator<Row> {
  let number = 0
  let line = 0
  for await (const raw of linesIn(text)) {
    line += 1
    if (raw.trim() === '') continue
    number += 1
    if (number > skip) yield { number, line, ...ndjsonRow(raw) }
  }
}

/** Only what NDJSON takes for one: the separators of Unicode may stand in its texts. */
async function* linesIn(text: Readable): AsyncGenerator<string> {
  text.setEncoding('utf8')
  let rest = ''
  let isFirst = true
  for await (const chunk of text as AsyncIterable<string>) {
    const lines = (rest + (isFirst ? chunk.replace(/^\uFEFF/, '') : chunk)).split('\n')
    isFirst = false
    rest = lines.pop() ?? ''
    if (rest.length > ROW_CHARACTERS_MAX)
      throw usageFailure('A line has more than 4 million characters: this is not NDJSON.')
    yield* lines
  }
  yield rest
}

function ndjsonRow(line: string): Read {
  try {
    const value = JSON.parse(line) as JsonValue
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value }
    return { value: null, raw: line, why: 'The line is no JSON object.' }
  } catch {
    return { value: null, raw: line, why: 'The line is not JSON.' }
  }
}

async function* csvRows(text: Readable, { skip, delimiter }: RowsOptions): AsyncGenerator<Row> {
  const parser = pipeline(
    text,
    parse({
      delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: ROW_CHARACTERS_MAX,
    }),
    () => {},
  )
  let names: readonly string[] | undefined
  let number = 0
  // The library counts a line break of two characters inside quotes as two lines.
  let tooMany = 0
  for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
    const breaks = record.join('').match(/\r\n|\r|\n/g) ?? []
    tooMany += breaks.filter((each) => each === '\r\n').length
    if (names === undefined) {
      names = record.map((name) => name.trim())
      continue
    }
    number += 1
    const line = info.lines - tooMany - breaks.length
    if (number > skip) yield { number, line, ...csvRow(names, record) }
  }
}

interface CsvRecord {
  readonly record: readonly string[]
  /** `lines`: how many are read, its own among them. */
  readonly info: { readonly lines: number }
}

function csvRow(names: readonly string[], record: readonly string[]): Read {
  if (record.length === names.length)
    return {
      value: Object.fromEntries(names.map((name, column) => [name, record[column] ?? ''])),
    }
  const why = `The row has ${record.length} columns, and the head has ${names.length}.`
  return { value: null, raw: record.join(','), why }
}
