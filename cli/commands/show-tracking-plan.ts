import type { Output } from '../context.ts'
import { instantText, renderTable } from '../table.ts'

interface Counted {
  readonly count: number
  readonly refused: number
  readonly lastAt: string
  readonly sources: readonly string[]
}
interface Part {
  readonly declared: readonly {
    readonly name: string
    readonly owner: string | null
    readonly all: Counted | null
    readonly invalid: Counted | null
    readonly broken: readonly (Counted & {
      readonly rule: string
      readonly message: string | null
      readonly messageId: string | null
    })[]
  }[]
  readonly undeclared: readonly (Counted & { readonly name: string })[]
}
interface Report {
  readonly version: number
  readonly events: Part
  readonly traits: Part
}

/** How what came in compares with the plan, as tables. */
export function renderPlanReport(stdout: Output, { version, events, traits }: Report): string {
  if (version === 0) return 'There is no tracking plan: rumbo rules publish tracking-plan.json'
  return [...renderPart(stdout, 'event', events), ...renderPart(stdout, 'trait', traits)].join(
    '\n\n',
  )
}

const renderPart = (stdout: Output, kind: string, { declared, undeclared }: Part): string[] => [
  ...tableOf(
    stdout,
    [`declared ${kind}`, 'came', 'not as declared', 'refused', 'last', 'owner'],
    declared.map(({ name, owner, all, invalid }) => [
      name,
      all?.count ?? 0,
      invalid?.count ?? 0,
      all?.refused ?? 0,
      all === null ? 'never' : instantText(all.lastAt),
      owner ?? '',
    ]),
  ),
  ...tableOf(
    stdout,
    [kind, 'breaks', 'which says', 'times', 'from', 'such as'],
    declared.flatMap(({ name, broken }) =>
      broken.map(({ rule, message, count, sources, messageId }) => [
        name,
        rule,
        message ?? '',
        count,
        sources.join(', '),
        messageId ?? '',
      ]),
    ),
  ),
  ...tableOf(
    stdout,
    [`undeclared ${kind}`, 'came', 'refused', 'last', 'from'],
    undeclared.map(({ name, count, refused, lastAt, sources }) => [
      name,
      count,
      refused,
      instantText(lastAt),
      sources.join(', '),
    ]),
  ),
]

const tableOf = (stdout: Output, head: string[], rows: (string | number)[][]): string[] =>
  rows.length === 0 ? [] : [renderTable(stdout, head, rows)]
