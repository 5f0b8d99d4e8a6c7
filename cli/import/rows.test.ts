import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRows, type Row, type RowsOptions } from './rows.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rumbo-rows-'))))
afterEach(() => rmSync(folder, { recursive: true }))

async function rowsOf(
  name: string,
  content: string | Buffer,
  options: Partial<RowsOptions> = {},
): Promise<Row[]> {
  const file = join(folder, name)
  writeFileSync(file, content)
  const format = name.includes('.csv') ? 'csv' : 'ndjson'
  const rows: Row[] = []
  for await (const row of readRows(file, { format, delimiter: ',', skip: 0, ...options }))
    rows.push(row)
  return rows
}

describe('rows of NDJSON', () => {
  test('are its lines, whatever ends them; empty ones are none', async () => {
    const rows = await rowsOf('a.ndjson', '\uFEFF{"a":1}\r\n\n{"a":"\u2028"}\n{"a":3}')
    expect(rows).toEqual([
      { number: 1, line: 1, value: { a: 1 } },
      { number: 2, line: 3, value: { a: '\u2028' } },
      { number: 3, line: 4, value: { a: 3 } },
    ])
  })

  test('that are no JSON objects are told as such, and the others go on', async () => {
    expect(await rowsOf('a.ndjson', '{"a":\n[1]\n{}')).toMatchObject([
      { number: 1, value: null, raw: '{"a":', why: 'The line is not JSON.' },
      { number: 2, value: null, why: 'The line is no JSON object.' },
      { number: 3, value: {} },
    ])
  })

  test('keep their numbers when the first ones are left out', async () => {
    expect(await rowsOf('a.ndjson', '{}\n{"a":2}\n', { skip: 1 })).toEqual([
      { number: 2, line: 2, value: { a: 2 } },
    ])
  })

  test('are read over the borders of chunks, packed too', async () => {
    const long = Array.from({ length: 3_000 }, (_, i) => ({ i, text: 'ä'.repeat(100 + (i % 7)) }))
    const text = long.map((row) => JSON.stringify(row)).join('\n')
    let read = 0
    const rows = await rowsOf('a.ndjson.gz', gzipSync(text), { onRead: (bytes) => (read = bytes) })
    expect(rows.map(({ value }) => value)).toEqual(long)
    expect(read).toBe(gzipSync(text).length)
    expect((await rowsOf('a.ndjson', text)).map(({ value }) => value)).toEqual(long)
  })

  test('of a packed file that ends too early is told', async () => {
    const packed = gzipSync('{"a":1}\n'.repeat(1000))
    await expect(rowsOf('a.ndjson.gz', packed.subarray(0, packed.length - 12))).rejects.toThrow(
      /cannot be unpacked/,
    )
  })
})

describe('rows of CSV', () => {
  test('have the names of the head, and texts as values', async () => {
    const rows = await rowsOf('a.csv', '\uFEFFid, name\n1,"Ada, ""A""\nL"\n\n2,\n')
    expect(rows).toEqual([
      { number: 1, line: 2, value: { id: '1', name: 'Ada, "A"\nL' } },
      { number: 2, line: 5, value: { id: '2', name: '' } },
    ])
  })

  test.each(['\n', '\r\n'])(
    'know the line on which they begin, whatever ends lines: %j',
    async (end) => {
      const text = ['id,name', '1,a', '', '2,"b', 'c', 'd"', '3', '4,"e', 'f"', '5,g', ''].join(end)
      const rows = await rowsOf('a.csv', text)
      expect(rows.map(({ number, line }) => [number, line])).toEqual([
        [1, 2],
        [2, 4],
        [3, 7],
        [4, 8],
        [5, 10],
      ])
    },
  )

  test('with another number of columns are told as such, and the others go on', async () => {
    expect(await rowsOf('a.csv', 'id;name\n1\n2;b\n', { delimiter: ';' })).toMatchObject([
      { number: 1, value: null, why: 'The row has 1 columns, and the head has 2.' },
      { number: 2, value: { id: '2', name: 'b' } },
    ])
  })

  test('with a quote that never ends are told with the line', async () => {
    await expect(rowsOf('a.csv', 'id\n"1\n2\n')).rejects.toThrow(/cannot be read as CSV.*line/s)
  })
})
