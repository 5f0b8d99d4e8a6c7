import { comprehensionOf, nodesOf } from './syntax.ts'
import type { Node } from './language.ts'

/** Two events of the greatest size, every line of one compared with every line of the other; some 50 ms. */
const WORK_MAX = 2_000_000
const CHARACTERS_PER_UNIT = 16
const DEPTH_MAX = 16
export const WORK_BUDGET_SPENT = 'The condition takes too much work on this data.'

/** One for all: macros go on over what throws, and a stack trace for each element would cost more than the work. */
const SPENT = new Error(WORK_BUDGET_SPENT)

type Handle = (...args: unknown[]) => unknown
/** What the type checker leaves on a node: the function that applies it to its operands' values. */
interface Checked {
  handle?: Handle
  readonly meta: { readonly alternate?: Checked }
}

/**
 * Counts what an evaluation does: one unit for each operation, and one for each element or 16
 * characters that it may have to look at. Without it two nested macros over long lists, or a text
 * doubled over and over, would hold up every customer on the same thread.
 */
export class WorkBudget {
  #left = WORK_MAX

  reset(): void {
    this.#left = WORK_MAX
  }

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** Makes every operation of a type-checked expression pay. */
  meter(ast: Node): void {
    for (const node of nodesOf(ast)) {
      const checked = node as unknown as Checked
      const macro = comprehensionOf(node)
      const target = macro ? checked.meta.alternate : checked
      const handle = target?.handle
      if (!target || !handle) continue
      target.handle = (...operands) => {
        if (macro) mustBeList(macro.macro, operands[0])
        this.#spend(1 + weightOf(node, operands))
        const result = handle(...operands)
        // A method can make a long list of a short text; reading a value makes nothing.
        if (node.op === 'rcall' && !macro) this.#spend(sizeOf(result))
        return result
      }
    }
  }

  #spend(units: number): void {
    this.#left -= units
    if (this.#left < 0) throw SPENT
  }
}

/**
 * CEL would run over the keys of an object as well. Of an object only what conditions name travels
 * to the engine, so there an answer would depend on what other conditions ask.
 */
function mustBeList(macro: string, value: unknown): void {
  if (!Array.isArray(value)) throw new Error(`${macro}() runs over lists only.`)
}

/** What applying the node costs beyond one unit. The library passes values first; its own objects weigh nothing. */
function weightOf(node: Node, [left, right]: readonly unknown[]): number {
  switch (node.op) {
    case '.':
    case '[]':
    case '?:':
      return 0
    default:
      return comprehensionOf(node) ? sizeOf(left) : deepSizeOf(left, 0) + deepSizeOf(right, 0)
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length / CHARACTERS_PER_UNIT
  if (Array.isArray(value)) return value.length
  return isPlainObject(value) ? Object.keys(value).length : 0
}

function deepSizeOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return sizeOf(value)
  // The library derives and keeps a type for every nesting that it meets.
  if (depth > DEPTH_MAX) throw new Error('The data is nested too deeply to work on.')
  let size = sizeOf(value)
  if (Array.isArray(value)) for (const element of value) size += deepSizeOf(element, depth + 1)
  else if (isPlainObject(value))
    for (const element of Object.values(value)) size += deepSizeOf(element, depth + 1)
  return size
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}
