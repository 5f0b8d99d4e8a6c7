import type { Output } from '../context.ts'
import { instantText, renderPairs, renderTable } from '../table.ts'

interface Report {
  readonly customers: number
  readonly completeness: readonly {
    readonly trait: string
    readonly neededBy: readonly string[]
    readonly having: number
  }[]
  readonly findings: readonly {
    readonly kind: string
    readonly problem: string
    readonly trait: string
    readonly customers: number
  }[]
  readonly reachability: { readonly email: Readonly<Record<string, number>> }
  readonly freshness: Readonly<Record<string, number>>
  readonly duplicates: readonly {
    readonly because: string
    readonly groups: number
    readonly customers: number
  }[]
}

/** The report on all customers as tables. */
export const renderReport = (stdout: Output, report: Report): string =>
  [
    `${report.customers} customers`,
    renderTable(
      stdout,
      ['needed trait', 'by', 'have it'],
      report.completeness.map(({ trait, neededBy, having }) => [
        trait,
        neededBy.join(', '),
        having,
      ]),
    ),
    renderTable(
      stdout,
      ['finding', 'trait', 'kind', 'customers'],
      report.findings.map(({ problem, trait, kind, customers }) => [
        problem,
        trait,
        kind,
        customers,
      ]),
    ),
    renderPairs(
      stdout,
      Object.entries(report.reachability).flatMap(([channel, counts]) =>
        Object.entries(counts).map(([name, n]) => [`${channel} ${spaced(name)}`, n] as const),
      ),
    ),
    renderPairs(
      stdout,
      Object.entries(report.freshness).map(([name, n]) => [`heard of ${spaced(name)}`, n]),
    ),
    renderTable(
      stdout,
      ['likely duplicates', 'groups', 'customers'],
      report.duplicates.map(({ because, groups, customers }) => [because, groups, customers]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')

const spaced = (name: string): string =>
  name.replaceAll(/[A-Z]|\d+/g, (part) => ` ${part.toLowerCase()}`)

interface OfCustomer {
  readonly completeness: readonly { readonly trait: string; readonly present: boolean }[]
  readonly findings: readonly Omit<Found, 'customerId'>[]
  readonly freshness: { readonly lastEventAt: string | null; readonly lastSaidAt: string | null }
  readonly reachability: readonly {
    readonly channel: string
    readonly reachable: boolean
    readonly because: string | null
    readonly marketing: boolean
  }[]
  readonly likelyDuplicates: readonly {
    readonly because: string
    readonly customerIds: readonly string[]
  }[]
}

interface Found {
  readonly customerId: string
  readonly trait: string
  readonly kind: string
  readonly problem: string
  readonly value: unknown
  readonly suggestion: string | null
  readonly source: string
  readonly saidAt: string
}

/** How good one customer's data is. */
export function renderCustomerQuality(stdout: Output, quality: OfCustomer): string {
  const { lastEventAt, lastSaidAt } = quality.freshness
  const instant = (at: string | null): string | null => (at === null ? null : instantText(at))
  const missing = quality.completeness.filter(({ present }) => !present)
  return [
    renderPairs(stdout, [
      ['missing', missing.map(({ trait }) => trait).join(', ') || 'nothing that is needed'],
      ['last event', instant(lastEventAt)],
      ['last said', instant(lastSaidAt)],
      ...quality.reachability.map(
        ({ channel, reachable, because, marketing }) =>
          [
            channel,
            `${reachable ? 'reachable' : (because ?? 'not reachable')}, marketing ${marketing ? 'allowed' : 'not allowed'}`,
          ] as const,
      ),
      ...quality.likelyDuplicates.map(
        ({ because, customerIds }) => [because, customerIds.join(', ')] as const,
      ),
    ]),
    renderFindings(stdout, quality.findings),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** Values that were set aside or flagged; whose they are where they are of several customers. */
export function renderFindings(
  stdout: Output,
  findings: readonly (Omit<Found, 'customerId'> & Partial<Pick<Found, 'customerId'>>)[],
): string {
  const areOfSeveral = findings.some(({ customerId }) => customerId !== undefined)
  return renderTable(
    stdout,
    [
      ...(areOfSeveral ? ['customer'] : []),
      'trait',
      'problem',
      'said',
      'suggestion',
      'source',
      'when',
    ],
    findings.map(({ customerId = null, trait, problem, value, suggestion, source, saidAt }) => [
      ...(areOfSeveral ? [customerId] : []),
      trait,
      problem,
      textOf(value),
      suggestion,
      source,
      instantText(saidAt),
    ]),
  )
}

/** What a repair would change. */
export const renderChanges = (
  stdout: Output,
  changes: readonly {
    readonly customerId: string
    readonly trait: string
    readonly before: unknown
    readonly after: unknown
  }[],
): string =>
  renderTable(
    stdout,
    ['customer', 'trait', 'before', 'after'],
    changes.map(({ customerId, trait, before, after }) => [
      customerId,
      trait,
      textOf(before),
      textOf(after),
    ]),
  )

const textOf = (value: unknown): string | null =>
  value === null ? null : typeof value === 'string' ? value : JSON.stringify(value)
