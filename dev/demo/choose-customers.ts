import {
  firstFortnight,
  firstPurchaseAtMs,
  FOLLOWED_MS,
  isReturn,
  type RetailCustomer,
} from './retail-data.ts'

/** How many customers of each kind the extract holds: 60 in all, 21 who buy again, 21 who return. */
export const MIX = { boughtAgain: 15, returned: 15, both: 6, silent: 24 } as const
export type CustomerKind = keyof typeof MIX

const SINCE_MS = Date.parse('2011-01-01T00:00:00Z')
/** Goods lines of all invoices of the two weeks together: enough to be interesting, small enough to carry. */
const LINES_MIN = 3
const LINES_MAX = 24
/** So long a silent customer really stayed away: beyond the default deadline of *at risk* (90 days). */
const SILENCE_MS = 120 * 24 * 3_600_000

/**
 * The customers of the demo, by id, each with the invoices of the two weeks after the first
 * purchase. Within a kind they are taken at even distances from all that qualify, in order of their
 * first purchase, so that the year is covered. The same file gives the same customers.
 */
export function chooseCustomers(
  customers: readonly RetailCustomer[],
  fileEndMs: number,
): RetailCustomer[] {
  const qualified: Record<CustomerKind, RetailCustomer[]> = {
    boughtAgain: [],
    returned: [],
    both: [],
    silent: [],
  }
  for (const customer of customers) {
    const kind = kindOf(customer, fileEndMs)
    if (kind !== undefined) qualified[kind].push(customer)
  }
  return kinds()
    .flatMap((kind) => spread(qualified[kind].sort(byFirstPurchase), MIX[kind]))
    .map(twoWeeks)
    .sort((a, b) => (a.customerId < b.customerId ? -1 : 1))
}

/** Which part of the mix a customer can stand for; undefined when unfit for the demo. */
function kindOf(customer: RetailCustomer, fileEndMs: number): CustomerKind | undefined {
  const firstAtMs = firstPurchaseAtMs(customer)
  if (firstAtMs === undefined || firstAtMs < SINCE_MS) return undefined
  // Somebody whose first invoice is a return bought before the file begins: no first purchase to see.
  if (customer.invoices.some((invoice) => Date.parse(invoice.at) < firstAtMs)) return undefined
  if (!isPresentable(twoWeeks(customer))) return undefined
  const { bought, returned } = firstFortnight(customer)
  if (bought && returned) return 'both'
  if (bought) return 'boughtAgain'
  if (returned) return 'returned'
  const next = customer.invoices.find((invoice) => Date.parse(invoice.at) > firstAtMs)
  const silentUntilMs = next === undefined ? fileEndMs : Date.parse(next.at)
  return silentUntilMs - firstAtMs >= SILENCE_MS ? 'silent' : undefined
}

/** Every invoice holds goods at a price, and they are moderately many. */
function isPresentable(customer: RetailCustomer): boolean {
  const lines = customer.invoices.flatMap((invoice) => invoice.lines)
  return (
    lines.length >= LINES_MIN &&
    lines.length <= LINES_MAX &&
    customer.invoices.every((invoice) => invoice.lines.length > 0) &&
    lines.every((line) => line.unitPrice > 0 && line.description !== '') &&
    customer.invoices.filter(isReturn).length <= 2
  )
}

function twoWeeks(customer: RetailCustomer): RetailCustomer {
  const untilMs = (firstPurchaseAtMs(customer) ?? 0) + FOLLOWED_MS
  const invoices = customer.invoices.filter((invoice) => Date.parse(invoice.at) <= untilMs)
  return { ...customer, invoices }
}

function spread<T>(sorted: readonly T[], count: number): T[] {
  return sorted.filter(
    (_, index) =>
      Math.floor(((index + 1) * count) / sorted.length) >
      Math.floor((index * count) / sorted.length),
  )
}

function byFirstPurchase(a: RetailCustomer, b: RetailCustomer): number {
  const byInstant = (firstPurchaseAtMs(a) ?? 0) - (firstPurchaseAtMs(b) ?? 0)
  return byInstant || (a.customerId < b.customerId ? -1 : 1)
}

function kinds(): CustomerKind[] {
  return ['boughtAgain', 'returned', 'both', 'silent']
}
