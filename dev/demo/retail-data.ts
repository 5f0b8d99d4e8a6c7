/** One line of an invoice that holds goods. Quantities of returns are positive here. */
export interface RetailLine {
  readonly stockCode: string
  readonly description: string
  readonly quantity: number
  readonly unitPrice: number
}

/** A purchase, or a return when its number begins with `C`. */
export interface RetailInvoice {
  readonly invoiceNo: string
  /** As in the file, read as UTC, for example `2011-03-04T08:26:00Z`. */
  readonly at: string
  readonly lines: readonly RetailLine[]
}

export interface RetailCustomer {
  readonly customerId: string
  readonly country: string
  /** In order of time; at one instant purchases before returns, then by number. */
  readonly invoices: readonly RetailInvoice[]
}

/** What `examples/data/online-retail.json` holds. */
export interface RetailExtract {
  readonly source: string
  readonly licence: string
  readonly customers: readonly RetailCustomer[]
}

/** How long a demo customer is followed: the two weeks after the first purchase. */
export const FOLLOWED_MS = 14 * 24 * 3_600_000

/** Whether an invoice takes goods back. The file marks cancellations and returns alike. */
export function isReturn(invoice: { readonly invoiceNo: string }): boolean {
  return invoice.invoiceNo.startsWith('C')
}

/** Sorts invoices as they happened: a return at the instant of a purchase comes after it. */
export function byTime(a: RetailInvoice, b: RetailInvoice): number {
  return (
    Date.parse(a.at) - Date.parse(b.at) ||
    Number(isReturn(a)) - Number(isReturn(b)) ||
    (a.invoiceNo < b.invoiceNo ? -1 : 1)
  )
}

/** The instant of the first purchase; undefined for somebody who only returned. */
export function firstPurchaseAtMs(customer: RetailCustomer): number | undefined {
  const first = customer.invoices.find((invoice) => !isReturn(invoice))
  return first === undefined ? undefined : Date.parse(first.at)
}

/** Whether a customer came back or sent back within 14 × 24 h of the first purchase. */
export function firstFortnight(customer: RetailCustomer): { bought: boolean; returned: boolean } {
  const firstAtMs = firstPurchaseAtMs(customer)
  if (firstAtMs === undefined) return { bought: false, returned: false }
  const within = customer.invoices.filter((invoice) => {
    const afterMs = Date.parse(invoice.at) - firstAtMs
    return afterMs >= 0 && afterMs <= FOLLOWED_MS
  })
  return {
    bought: within.some((invoice) => !isReturn(invoice) && Date.parse(invoice.at) > firstAtMs),
    returned: within.some(isReturn),
  }
}
