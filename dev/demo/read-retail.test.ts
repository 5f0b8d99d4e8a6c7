import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { isGoods, parseCsvLine, readRetail } from './read-retail.ts'
import { firstFortnight } from './retail-data.ts'

const folder = mkdtempSync(join(tmpdir(), 'rumbo-retail-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('parseCsvLine', () => {
  test.each([
    ['a,b,,d', ['a', 'b', '', 'd']],
    [',"b, c",', ['', 'b, c', '']],
    ['"say ""hi""",b', ['say "hi"', 'b']],
    ['"",x', ['', 'x']],
  ])('reads %s', (line, fields) => {
    expect(parseCsvLine(line)).toEqual(fields)
  })
})

test.each([
  ['85123A', true],
  ['DCGS0003', true],
  ['PADS', true],
  ['POST', false],
  ['M', false],
  ['D', false],
  ['C2', false],
  ['gift_0001_20', false],
  ['BANK CHARGES', false],
])('%s is goods: %s', (code, expected) => {
  expect(isGoods(code)).toBe(expected)
})

describe('readRetail', () => {
  test('takes the earliest instant of an invoice, drops charges, keeps who returned first', async () => {
    const file = await readRetail(
      gzip(
        '100,11111,CUP,2,2011-02-01 10:01:00,1.5,7.0,France',
        '100,22222,"PLATE, BLUE",1,2011-02-01 10:00:00,2.0,7.0,France',
        '100,POST,POSTAGE,1,2011-02-01 10:00:00,18.0,7.0,France',
        'C101,11111,CUP,-2,2011-02-01 10:00:00,1.5,7.0,France',
        'C99,11111,CUP,-1,2011-01-05 10:00:00,1.5,8.0,Spain',
        '102,11111,CUP,1,2011-02-01 10:00:00,1.5,8.0,Spain',
        '103,11111,CUP,1,2011-02-01 10:00:00,1.5,,Spain',
      ),
    )
    expect(file).toMatchObject({
      rows: 7,
      rowsWithoutCustomer: 1,
      invoices: 5,
      cancellations: 2,
      countries: 2,
    })
    expect(file.customers).toEqual([
      {
        customerId: '7',
        country: 'France',
        invoices: [
          {
            invoiceNo: '100',
            at: '2011-02-01T10:00:00Z',
            lines: [
              { stockCode: '11111', description: 'CUP', quantity: 2, unitPrice: 1.5 },
              { stockCode: '22222', description: 'PLATE, BLUE', quantity: 1, unitPrice: 2 },
            ],
          },
          {
            invoiceNo: 'C101',
            at: '2011-02-01T10:00:00Z',
            lines: [{ stockCode: '11111', description: 'CUP', quantity: 2, unitPrice: 1.5 }],
          },
        ],
      },
      expect.objectContaining({ customerId: '8' }),
    ])
    expect(file.customers.map(firstFortnight)).toEqual([
      { bought: false, returned: true },
      { bought: false, returned: false },
    ])
  })

  test('refuses a file of another shape', async () => {
    await expect(readRetail(gzip('1,2,3'))).rejects.toThrow('not a row of the Online Retail file')
  })
})

function gzip(...rows: string[]): string {
  const path = join(folder, `${rows.length}.csv.gz`)
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
  writeFileSync(path, gzipSync([header, ...rows].join('\n')))
  return path
}
