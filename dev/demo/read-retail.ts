import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { byTime, type RetailCustomer, type RetailInvoice, type RetailLine } from './retail-data.ts'

export const HEADER =
  'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

/** The whole file by customer, and the totals by which a copy of it can be recognised. */
export interface RetailFile {
  readonly customers: readonly RetailCustomer[]
  readonly rows: number
  readonly rowsWithoutCustomer: number
  readonly invoices: number
  readonly cancellations: number
  readonly countries: number
  readonly totalMinor: number
}

/**
 * Reads the full data set. Rows without a customer are counted and left out; an invoice whose rows
 * lie a minute apart takes the earliest; lines that are no goods (postage, samples, discounts, manual
 * corrections, bank charges, fees, gift vouchers) are left out, the invoice stays.
 *
 * Cost: one pass over 541,909 rows, about two seconds.
 */
export async function readRetail(path: string): Promise<RetailFile> {
  const customers = new Map<string, { country: string; invoices: Map<string, DraftInvoice> }>()
  const invoiceNos = new Set<string>()
  const countries = new Set<string>()
  let rows = 0
  let rowsWithoutCustomer = 0
  let totalMinor = 0
  const lines = createInterface({ input: createReadStream(path).pipe(createGunzip()) })
  for await (const line of lines) {
    if (rows === 0 && line === HEADER) continue
    const row = parseRow(line)
    rows++
    invoiceNos.add(row.invoiceNo)
    countries.add(row.country)
    totalMinor += row.quantity * row.unitPrice * 100
    if (row.customerId === '') {
      rowsWithoutCustomer++
      continue
    }
    const customer = entryOf(customers, row.customerId, () => ({
      country: row.country,
      invoices: new Map<string, DraftInvoice>(),
    }))
    const invoice = entryOf(customer.invoices, row.invoiceNo, () => ({ at: row.at, lines: [] }))
    if (row.at < invoice.at) invoice.at = row.at
    if (isGoods(row.stockCode)) invoice.lines.push(goodsLine(row))
  }
  return {
    customers: [...customers].map(([customerId, { country, invoices }]) => ({
      customerId,
      country,
      invoices: [...invoices]
        .map(([invoiceNo, invoice]): RetailInvoice => ({ invoiceNo, ...invoice }))
        .sort(byTime),
    })),
    rows,
    rowsWithoutCustomer,
    invoices: invoiceNos.size,
    cancellations: [...invoiceNos].filter((invoiceNo) => invoiceNo.startsWith('C')).length,
    countries: countries.size,
    totalMinor: Math.round(totalMinor),
  }
}

interface DraftInvoice {
  at: string
  lines: RetailLine[]
}

export interface RetailRow {
  readonly invoiceNo: string
  readonly stockCode: string
  readonly description: string
  readonly quantity: number
  readonly at: string
  readonly unitPrice: number
  readonly customerId: string
  readonly country: string
}

/** One line of the file. */
export function parseRow(line: string): RetailRow {
  const [
    invoiceNo,
    stockCode,
    description,
    quantity,
    date,
    unitPrice,
    customerId,
    country,
    ...more
  ] = parseCsvLine(line)
  if (invoiceNo === undefined || country === undefined || more.length > 0) {
    throw new Error(`This is not a row of the Online Retail file: ${line}`)
  }
  return {
    invoiceNo,
    stockCode: stockCode ?? '',
    description: (description ?? '').trim().replaceAll(/\s+/g, ' '),
    quantity: Number(quantity),
    at: `${(date ?? '').replace(' ', 'T')}Z`,
    unitPrice: Number(unitPrice),
    customerId: (customerId ?? '').replace(/\.0$/, ''),
    country,
  }
}

/** The fields of one CSV line. Fields may be quoted, a quote inside is doubled; none spans lines. */
export function parseCsvLine(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const fields = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** Goods have codes that begin with digits, or with DCGS, or are PADS; the rest are charges and corrections. */
export function isGoods(stockCode: string): boolean {
  return /^(?:\d{5}|DCGS|PADS$)/.test(stockCode)
}

/** The line of an invoice that a row of goods is. */
export function goodsLine({ stockCode, description, quantity, unitPrice }: RetailRow): RetailLine {
  return { stockCode, description, quantity: Math.abs(quantity), unitPrice }
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
