import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chooseCustomers } from './choose-customers.ts'
import { readRetail, type RetailFile } from './read-retail.ts'
import { firstFortnight, firstPurchaseAtMs, type RetailExtract } from './retail-data.ts'

const TARGET = fileURLToPath(new URL('../../examples/data/online-retail.json', import.meta.url))

/** Figures of the full file, found independently of this script. */
const KNOWN = {
  rows: 541_909,
  'rows without customer': 135_080,
  invoices: 25_900,
  'cancellation invoices': 3_836,
  customers: 4_372,
  countries: 38,
  'total in pence': 974_774_793,
  'first purchase on or after 2011-01-01': 3_454,
  'of these, bought again within 14 days': 341,
  'of these, cancelled or returned within 14 days': 445,
  'of these, did both': 87,
} as const

await main(process.argv[2])

/** Writes the extract that the project carries, after checking that the file is the one it is made from. */
async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error('Usage: node dev/demo/extract.ts <online_retail.csv.gz>')
  const file = await readRetail(path)
  const found = figuresOf(file)
  for (const [name, known] of Object.entries(KNOWN)) {
    const value = found[name as keyof typeof KNOWN]
    console.log(`${value === known ? 'ok      ' : 'DIFFERS '} ${name}: ${value} (known: ${known})`)
    if (value !== known) process.exitCode = 1
  }
  if (process.exitCode === 1) throw new Error('The file is not the one the extract is made from.')
  const lastAtMs = Math.max(
    ...file.customers.flatMap(({ invoices }) => invoices.map(({ at }) => Date.parse(at))),
  )
  const extract: RetailExtract = {
    source:
      'Chen, D. (2015). Online Retail. UCI Machine Learning Repository. https://doi.org/10.24432/C5BW33',
    licence: 'CC BY 4.0, https://creativecommons.org/licenses/by/4.0/',
    customers: chooseCustomers(file.customers, lastAtMs),
  }
  const json = `${JSON.stringify(extract, null, 2)}\n`
  writeFileSync(TARGET, json)
  console.log(`${extract.customers.length} customers, ${json.length} bytes: ${TARGET}`)
}

function figuresOf(file: RetailFile): Record<keyof typeof KNOWN, number> {
  const sinceMs = Date.parse('2011-01-01T00:00:00Z')
  const fresh = file.customers.filter(
    (customer) => (firstPurchaseAtMs(customer) ?? Number.NEGATIVE_INFINITY) >= sinceMs,
  )
  const fortnights = fresh.map(firstFortnight)
  return {
    rows: file.rows,
    'rows without customer': file.rowsWithoutCustomer,
    invoices: file.invoices,
    'cancellation invoices': file.cancellations,
    customers: file.customers.length,
    countries: file.countries,
    'total in pence': file.totalMinor,
    'first purchase on or after 2011-01-01': fresh.length,
    'of these, bought again within 14 days': fortnights.filter(({ bought }) => bought).length,
    'of these, cancelled or returned within 14 days': fortnights.filter(({ returned }) => returned)
      .length,
    'of these, did both': fortnights.filter(({ bought, returned }) => bought && returned).length,
  }
}
