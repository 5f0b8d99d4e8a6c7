import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { formatLine, ORDERS_FILE, ORDERS_HEADER, type OrderLine } from './order-file.ts'
import { readRetail } from './read-retail.ts'
import { isReturn, type RetailCustomer, type RetailInvoice } from './retail-data.ts'

await main(process.argv[2])

/** Writes the orders and returns of the whole data set, one line for each invoice with a customer. */
async function main(path: string | undefined): Promise<void> {
  if (path === undefined)
    throw new Error('Usage: node dev/demo/extract-orders.ts <online_retail.csv.gz>')
  const { customers } = await readRetail(path)
  const lines = customers.flatMap(linesOf).toSorted(byTime).map(formatLine)
  const packed = gzipSync(`${[ORDERS_HEADER, ...lines].join('\n')}\n`, { level: 9 })
  writeFileSync(ORDERS_FILE, packed)
  console.log(`${lines.length} invoices of ${customers.length} customers, ${packed.length} bytes`)
}

function linesOf({ customerId, invoices }: RetailCustomer): OrderLine[] {
  const returned = new Set(invoices.filter(isReturn).flatMap(codesIn))
  return invoices.map((invoice) => ({
    customer: customerId,
    invoice: invoice.invoiceNo,
    at: `${new Date(Date.parse(invoice.at)).toISOString().slice(0, '2011-03-04T08:26'.length)}Z`,
    pence: isReturn(invoice) ? null : penceOf(invoice),
    items: invoice.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    products: [...new Set(codesIn(invoice))].filter((code) => returned.has(code)),
  }))
}

function codesIn({ lines }: RetailInvoice): string[] {
  return lines.map(({ stockCode }) => stockCode)
}

function penceOf({ lines }: RetailInvoice): number {
  return lines.reduce(
    (sum, { unitPrice, quantity }) => sum + Math.round(unitPrice * 100) * quantity,
    0,
  )
}

/** The order in which things happened: a return at the instant of an order comes after it. */
function byTime(a: OrderLine, b: OrderLine): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1
  const [aBack, bBack] = [a, b].map(({ invoice }) => isReturn({ invoiceNo: invoice }))
  if (aBack !== bBack) return aBack === true ? 1 : -1
  return a.invoice < b.invoice ? -1 : 1
}
