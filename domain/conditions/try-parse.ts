import { parse, SOURCE_LENGTH_MAX } from './language.ts'
import type { Node } from './language.ts'

/** The source as a tree; null where it is not CEL, or too much of it. `checkCondition` says which. */
export function tryParse(source: string): Node | null {
  if (source.length > SOURCE_LENGTH_MAX) return null
  try {
    return parse(source).ast
  } catch {
    return null
  }
}
