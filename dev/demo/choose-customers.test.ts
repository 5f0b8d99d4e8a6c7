import { expect, test } from 'vitest'
import { chooseCustomers, MIX } from './choose-customers.ts'
import type { RetailCustomer, RetailInvoice } from './retail-data.ts'

const DAY_MS = 24 * 3_600_000
const FIRST_MS = Date.parse('2011-02-01T10:00:00Z')
const END_MS = Date.parse('2011-12-09T12:50:00Z')

const invoice = (invoiceNo: string, days: number, lines = 3): RetailInvoice => ({
  invoiceNo,
  at: `${new Date(FIRST_MS + days * DAY_MS).toISOString().slice(0, 19)}Z`,
  lines: Array.from({ length: lines }, () => ({
    stockCode: '11111',
    description: 'CUP',
    quantity: 1,
    unitPrice: 1,
  })),
})
const customer = (customerId: string, ...invoices: RetailInvoice[]): RetailCustomer => ({
  customerId,
  country: 'France',
  invoices,
})
const chosen = (...customers: RetailCustomer[]) =>
  chooseCustomers(customers, END_MS).map(({ customerId, invoices }) => [
    customerId,
    ...invoices.map(({ invoiceNo }) => invoiceNo),
  ])

test('keeps the invoices of two weeks, and who is fit to be shown', () => {
  expect(
    chosen(
      customer('1', invoice('10', 0), invoice('11', 14), invoice('12', 14.1)),
      customer('2', invoice('20', 0), invoice('C21', 3)),
      customer('3', invoice('30', 0), invoice('31', 200)),
      customer('not-silent-enough', invoice('40', 0), invoice('41', 60)),
      customer('too-late-to-tell', invoice('50', 250)),
      customer('returned-first', invoice('C60', -1), invoice('61', 0)),
      customer('too-early', invoice('70', -60)),
      customer('too-many-lines', invoice('80', 0, 25)),
      customer('nothing-but-charges', invoice('90', 0), invoice('C91', 1, 0)),
    ),
  ).toEqual([
    ['1', '10', '11'],
    ['2', '20', 'C21'],
    ['3', '30'],
  ])
})

test('takes as many as the mix says, spread over the year, whatever the order of the file', () => {
  const many = Array.from({ length: 100 }, (_, index) =>
    customer(String(1000 + index), invoice(String(index), index)),
  )
  const ids = chosen(...many).map(([id]) => Number(id))
  expect(ids).toHaveLength(MIX.silent)
  expect(Math.max(...ids) - Math.min(...ids)).toBeGreaterThan(90)
  expect(chosen(...many.toReversed()).map(([id]) => Number(id))).toEqual(ids)
})
