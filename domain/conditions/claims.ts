import { LIFECYCLE_STATES } from '../journeys/journey.ts'
import { durationMs, parseDurationProblem } from '../time.ts'
import { childrenOf, nodesOf, numberOf, textOf } from './syntax.ts'
import { tryParse } from './try-parse.ts'
import type { Node } from './language.ts'

/** One of the parts that must all hold for a condition to hold. */
export interface Conjunct {
  /** The same for every way of writing it: quotes, spaces, sides of a comparison. */
  readonly text: string
  /** What it says of the customer, as far as that can be read off; null for most. */
  readonly claim: Claim | null
}

export type Claim =
  /** The lifecycle state is one of these. */
  | { readonly type: 'lifecycle'; readonly states: readonly string[] }
  /** The event has not happened, ever or in the last two days at least. */
  | { readonly type: 'notHappened'; readonly event: string }
  | { readonly type: 'inside' | 'outside'; readonly journey: string }

/** Longer than the lateness with which an event may still let somebody in. */
const WINDOW_MS_MIN = 48 * 3_600_000

/**
 * The parts that must all hold for the condition to hold; none where it is not CEL. `not (a or b)`
 * counts as two parts.
 */
export function conjunctsOf(source: string): Conjunct[] {
  const ast = tryParse(source)
  return ast === null
    ? []
    : conjunctNodes(ast, false).map(({ node, negated }) => ({
        text: negated ? `!${canonical(node)}` : canonical(node),
        claim: claimOf(node, negated),
      }))
}

/** What the condition yields for everybody, whatever the data; null where it depends on them. */
export function constantOf(source: string): boolean | null {
  const ast = tryParse(source)
  return ast === null ? null : constantOfNode(ast)
}

interface Literal {
  readonly node: Node
  readonly negated: boolean
}

function conjunctNodes(node: Node, negated: boolean): Literal[] {
  if (node.op === '!_') return conjunctNodes(node.args, !negated)
  if (node.op === (negated ? '||' : '&&'))
    return node.args.flatMap((side) => conjunctNodes(side, negated))
  return [{ node, negated }]
}

const MIRRORED: Readonly<Record<string, string>> = { '>': '<', '>=': '<=' }

function canonical(node: Node): string {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'string' ? JSON.stringify(node.args) : String(node.args)
    case 'id':
      return node.args
    case '.':
      return `${canonical(node.args[0])}.${node.args[1]}`
    case 'call':
      return `${node.args[0]}(${node.args[1].map(canonical).join(',')})`
    case 'rcall':
      return `${canonical(node.args[1])}.${node.args[0]}(${node.args[2].map(canonical).join(',')})`
    case '==':
    case '!=':
      return `(${node.op} ${node.args.map(canonical).toSorted().join(' ')})`
    case '>':
    case '>=':
      return `(${MIRRORED[node.op]} ${node.args.toReversed().map(canonical).join(' ')})`
    default:
      return `(${node.op} ${childrenOf(node).map(canonical).join(' ')})`
  }
}

function claimOf(node: Node, negated: boolean): Claim | null {
  return lifecycleClaim(node, negated) ?? countClaim(node, negated) ?? insideClaim(node, negated)
}

const STATES: readonly string[] = LIFECYCLE_STATES

function lifecycleClaim(node: Node, negated: boolean): Claim | null {
  const named = namedStates(node)
  // What names a state that there is not is a slip, and claims nothing.
  if (named === null || named.some((state) => !STATES.includes(state))) return null
  const isAmong = (node.op !== '!=') !== negated
  return {
    type: 'lifecycle',
    states: LIFECYCLE_STATES.filter((state) => named.includes(state) === isAmong),
  }
}

function namedStates(node: Node): readonly string[] | null {
  if (node.op === '==' || node.op === '!=') {
    const [left, right] = node.args
    const text = isLifecycle(left) ? textOf(right) : isLifecycle(right) ? textOf(left) : null
    return text === null ? null : [text]
  }
  if (node.op !== 'in') return null
  const [value, list] = node.args
  if (!isLifecycle(value) || list.op !== 'list') return null
  const texts = list.args.map(textOf)
  return texts.every((text) => text !== null) ? texts : null
}

/** Texts that are compared with the lifecycle and are no state. */
export function unknownStatesIn(ast: Node): string[] {
  return [...nodesOf(ast)]
    .flatMap((node) => namedStates(node) ?? [])
    .filter((state) => !STATES.includes(state))
}

function isLifecycle(node: Node): boolean {
  if (node.op !== '.') return false
  const [owner, name] = node.args
  return name === 'lifecycle' && owner.op === 'id' && owner.args === 'customer'
}

/** `count(X) == 0`, `count(X) < 1` and the like, on either side. */
function countClaim(node: Node, negated: boolean): Claim | null {
  const compared = countComparedIn(node)
  if (compared === null) return null
  const { op, event, number } = compared
  const isNone = negated
    ? (op === '>' && number === 0) || (op === '>=' && number === 1) || (op === '!=' && number === 0)
    : (op === '==' && number === 0) || (op === '<' && number <= 1) || (op === '<=' && number <= 0)
  return isNone ? { type: 'notHappened', event } : null
}

const TURNED: Readonly<Record<string, string>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
}

function countComparedIn(node: Node): { op: string; event: string; number: number } | null {
  const turned = TURNED[node.op]
  if (turned === undefined) return null
  const [left, right] = node.args as [Node, Node]
  const event = countedEvent(left)
  const number = numberOf(right)
  if (event !== null && number !== null) return { op: node.op, event, number }
  const otherEvent = countedEvent(right)
  const otherNumber = numberOf(left)
  return otherEvent !== null && otherNumber !== null
    ? { op: turned, event: otherEvent, number: otherNumber }
    : null
}

function countedEvent(node: Node): string | null {
  if (node.op !== 'call' || node.args[0] !== 'count') return null
  const [event, window] = node.args[1]
  if (window === undefined) return textOf(event)
  const text = textOf(window)
  const isLong =
    text !== null && parseDurationProblem(text) === null && durationMs(text) >= WINDOW_MS_MIN
  return isLong ? textOf(event) : null
}

function insideClaim(node: Node, negated: boolean): Claim | null {
  if (node.op !== 'call' || node.args[0] !== 'inJourney') return null
  const journey = textOf(node.args[1][0])
  return journey === null ? null : { type: negated ? 'outside' : 'inside', journey }
}

function constantOfNode(node: Node): boolean | null {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'boolean' ? node.args : null
    case '!_': {
      const inner = constantOfNode(node.args)
      return inner === null ? null : !inner
    }
    case '&&':
    case '||': {
      const deciding = node.op === '||'
      const sides = node.args.map(constantOfNode)
      if (sides.includes(deciding)) return deciding
      return sides.includes(null) ? null : !deciding
    }
    case '?:': {
      const [condition, yes, no] = node.args.map(constantOfNode)
      if (condition === null || condition === undefined) return yes === no ? (yes ?? null) : null
      return (condition ? yes : no) ?? null
    }
    default:
      return literalComparison(node)
  }
}

/** `1 == 2`: two literals against each other. */
function literalComparison(node: Node): boolean | null {
  const turned = TURNED[node.op]
  if (turned === undefined) return null
  const [left, right] = (node.args as [Node, Node]).map((side) => numberOf(side) ?? textOf(side))
  if (left === null || right === null || left === undefined || right === undefined) return null
  if (typeof left !== typeof right) return null
  switch (node.op) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}
