import type { MatrixAction, MatrixRule } from './policy.ts'
import { isMeant, type Scoped } from './scope.ts'

/** What the matrix says of a message to a customer of this group: its first rule that is meant decides. */
export function matrixAction(
  matrix: readonly MatrixRule[],
  message: Scoped & { readonly group: string | null },
): MatrixAction {
  const { group } = message
  const rule = matrix.find(
    (each) =>
      isMeant(each, message) &&
      (each.groups === undefined || (group !== null && each.groups.includes(group))),
  )
  return rule?.do ?? 'send'
}
