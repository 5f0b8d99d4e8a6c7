import type { CustomerGroup } from './policy.ts'

/**
 * The customer's group: the first whose condition holds, one without a condition is everybody's.
 * Null for nobody's.
 */
export function groupIn(
  groups: readonly CustomerGroup[],
  holds: (group: CustomerGroup, place: number) => boolean,
): string | null {
  return groups.find((group, place) => holds(group, place))?.name ?? null
}
