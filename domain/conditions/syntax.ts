import type { Node } from './language.ts'

/** The nodes right below, in the order written. Names of macro variables are among them. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

/** The node and everything below it, parents first. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node
  for (const child of childrenOf(node)) yield* nodesOf(child)
}

/** The text of a quoted literal, else null. */
export function textOf(node: Node | undefined): string | null {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : null
}

/** The number that a literal, signed or not, stands for, else null. */
export function numberOf(node: Node): number | null {
  if (node.op === '-_') {
    const negated = numberOf(node.args)
    return negated === null ? null : -negated
  }
  const isNumber =
    node.op === 'value' && (typeof node.args === 'bigint' || typeof node.args === 'number')
  return isNumber ? Number(node.args) : null
}

/** The macros that run a body once per element, `element` being the name the body has for it. */
export interface Comprehension {
  readonly macro: 'all' | 'exists' | 'exists_one' | 'filter' | 'map'
  readonly list: Node
  readonly element: string
  /** Absent for a `map` without filter. */
  readonly predicate?: Node
  /** Only of `map`. */
  readonly transform?: Node
}

/** The node as a macro over a list, or null when it is something else. */
export function comprehensionOf(node: Node): Comprehension | null {
  if (node.op !== 'rcall') return null
  const [macro, list, [variable, second, third]] = node.args
  if (variable?.op !== 'id' || !second || node.args[2].length > 3) return null
  const element = variable.args
  switch (macro) {
    case 'all':
    case 'exists':
    case 'exists_one':
    case 'filter':
      return third ? null : { macro, list, element, predicate: second }
    case 'map':
      return third
        ? { macro, list, element, predicate: second, transform: third }
        : { macro, list, element, transform: second }
    default:
      return null
  }
}
