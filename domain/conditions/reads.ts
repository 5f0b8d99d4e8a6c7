import { addressTrait } from '../channels/address-trait.ts'
import { durationMs, parseDurationProblem } from '../time.ts'
import { TOUCHPOINTS_TRAIT } from '../touchpoints/seen-touchpoints.ts'
import { didKey } from './functions.ts'
import { nodesOf, numberOf, textOf } from './syntax.ts'
import type { ConditionReads, DidRead, EventRead } from '../conditions.ts'
import type { PropertyShape } from '../journeys/rule-book.ts'
import type { Node } from './language.ts'
import type { PathRead } from './paths.ts'

export const READS_NOTHING: ConditionReads = {
  events: [],
  traits: [],
  presence: [],
  eventProperties: {},
  entryProperties: {},
  answers: {},
  purposes: [],
  journeys: [],
  usesReturned: false,
  usesLifecycle: false,
  usesValue: false,
  usesReachable: false,
  did: [],
  facts: [],
}

/** Sums up what an expression needs, from its calls and from the paths it reads. */
export function readsOf(ast: Node, paths: readonly PathRead[]): ConditionReads {
  const compared = comparedNumbers(ast)
  const events: EventRead[] = []
  const presence: string[] = []
  const purposes: string[] = []
  const journeys: string[] = []
  const did: DidRead[] = []
  const facts: string[] = []
  const traits: string[] = []
  let usesReturned = false
  let usesReachable = false
  for (const node of nodesOf(ast)) {
    if (node.op !== 'call') continue
    const [name, [first, second]] = node.args
    if (name === 'returned') usesReturned = true
    if (name === 'reachable') usesReachable = true
    const text = textOf(first)
    if (text === null) continue
    if (name === 'count' || name === 'last')
      events.push(eventRead(text, second, compared.get(node)))
    if (name === 'did') did.push(...didReads(node.args[1].map(textOf)))
    if (name === 'has') presence.push(text)
    if (name === 'reachable') presence.push(...addressOf(text))
    if (name === 'consented') purposes.push(text)
    if (name === 'inJourney') journeys.push(text)
    if (name === 'fact') facts.push(text)
    if (name === 'touchpoints') traits.push(TOUCHPOINTS_TRAIT)
  }
  for (const { root, path } of paths) {
    const [member, name] = path
    if (root !== 'customer' || name === undefined) continue
    if (member === 'traits') traits.push(name)
    if (member === 'consent') purposes.push(name)
  }
  const readsMember = (member: string): boolean =>
    paths.some(({ root, path }) => root === 'customer' && path[0] === member)
  return {
    events,
    traits: unique(traits),
    presence: unique(presence),
    eventProperties: shapeOf(propertiesOf(paths, 'event')),
    entryProperties: shapeOf(propertiesOf(paths, 'entry')),
    answers: shapeOf(paths.flatMap(({ root, path }) => (root === 'answers' ? [path] : []))),
    purposes: unique(purposes),
    journeys: unique(journeys),
    usesReturned,
    usesLifecycle: readsMember('lifecycle'),
    usesValue: readsMember('value'),
    usesReachable,
    did,
    facts: unique(facts),
  }
}

const addressOf = (channel: string): string[] => {
  const trait = addressTrait(channel)
  return trait === null ? [] : [trait]
}

function eventRead(
  name: string,
  window: Node | undefined,
  comparedTo: number | undefined,
): EventRead {
  const text = textOf(window)
  const windowMs = text === null || parseDurationProblem(text) !== null ? null : durationMs(text)
  return {
    name,
    windowed: window !== undefined,
    windowMs,
    ...(comparedTo === undefined ? {} : { comparedTo }),
  }
}

/** Nothing where not all of it is written out: the checker refuses that. */
function didReads(args: readonly (string | null)[]): DidRead[] {
  const texts = args.filter((text) => text !== null)
  const [event, property, value, window] = texts
  if (texts.length < args.length || event === undefined) return []
  if (property === undefined || value === undefined) return []
  const isWindow = window !== undefined && parseDurationProblem(window) === null
  return [
    {
      key: didKey(texts),
      event,
      path: property.split('.'),
      value,
      windowMs: isWindow ? durationMs(window) : null,
    },
  ]
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** For every operand of a comparison the literal on the other side. */
function comparedNumbers(ast: Node): ReadonlyMap<Node, number> {
  const numbers = new Map<Node, number>()
  for (const node of nodesOf(ast)) {
    if (!COMPARISONS.has(node.op)) continue
    const [left, right] = node.args as [Node, Node]
    const [leftNumber, rightNumber] = [numberOf(left), numberOf(right)]
    if (rightNumber !== null) numbers.set(left, rightNumber)
    if (leftNumber !== null) numbers.set(right, leftNumber)
  }
  return numbers
}

/** Maps, not objects, while it grows: a property may be called `__proto__`. */
type Tree = Map<string, Tree | true>

function propertiesOf(paths: readonly PathRead[], of: 'event' | 'entry'): (readonly string[])[] {
  return paths.flatMap(({ root, path: [member, ...names] }) =>
    root === of && member === 'properties' ? [names] : [],
  )
}

/** Everything that these paths name, as a tree. */
export function shapeOf(paths: readonly (readonly string[])[]): PropertyShape {
  const tree: Tree = new Map()
  for (const path of paths) keep(tree, path)
  return toShape(tree)
}

function keep(tree: Tree, [name, ...rest]: readonly string[]): void {
  if (name === undefined) return
  const kept = tree.get(name)
  if (kept === true) return
  if (rest.length === 0) tree.set(name, true)
  else {
    const branch: Tree = kept ?? new Map()
    tree.set(name, branch)
    keep(branch, rest)
  }
}

function toShape(tree: Tree): PropertyShape {
  return Object.fromEntries(
    [...tree].map(([name, branch]) => [name, branch === true ? true : toShape(branch)]),
  )
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)]
}
