import { CONTACT_CELLS, type ContactCell } from './contact-cells.ts'
import { matrixAction } from './matrix.ts'
import type { ContactPolicy, MatrixAction } from './policy.ts'

export interface MatrixRow {
  /** Null: customers of no group. */
  readonly group: string | null
  readonly customers: number
  /** Every class on every channel. */
  readonly cells: readonly (ContactCell & { readonly do: MatrixAction })[]
}

/**
 * What the matrix does with every class on every channel, group by group and last without one.
 * `sizes`: how many customers are in a group as they were last told; in one that is not in the
 * policy any more is in none.
 */
export function matrixTable(
  { groups = [], matrix = [] }: ContactPolicy,
  sizes: ReadonlyMap<string | null, number>,
): MatrixRow[] {
  const names = groups.map(({ name }) => name)
  const elsewhere = [...sizes].filter(([group]) => group === null || !names.includes(group))
  const withoutGroup = elsewhere.reduce((sum, [, customers]) => sum + customers, 0)
  return [...names, null].map((group) => ({
    group,
    customers: group === null ? withoutGroup : (sizes.get(group) ?? 0),
    cells: CONTACT_CELLS.map((cell) => ({ ...cell, do: matrixAction(matrix, { ...cell, group }) })),
  }))
}
