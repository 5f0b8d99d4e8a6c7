import { isPersonalTrait } from '../customers/personal-traits.ts'
import { parseDurationProblem } from '../time.ts'
import { isClockMethod } from './bind-functions.ts'
import { FUNCTION_NAMES, LIBRARY_METHODS, functionOf } from './functions.ts'
import { isNamespace } from './paths.ts'
import { nodesOf, textOf } from './syntax.ts'
import type { ConditionProblem } from '../conditions.ts'
import type { Node } from './language.ts'
import type { Mention, PathRead, Range } from './paths.ts'

/** CEL names of types, for `type(x) == string`. */
const TYPE_NAMES = ['bool', 'double', 'int', 'list', 'map', 'null_type', 'string']
const KNOWN_NAMES: ReadonlySet<string> = new Set([
  'customer',
  'event',
  'entry',
  'answers',
  'now',
  ...TYPE_NAMES,
])

/** What CEL allows and we do not, with its place: nothing of it is ever evaluated. */
export function problemsOf(
  ast: Node,
  paths: readonly PathRead[],
  mentions: readonly Mention[],
): ConditionProblem[] {
  return [
    ...mentions.flatMap(problemsOfName),
    ...[...nodesOf(ast)].flatMap(problemsOfCall),
    ...paths.flatMap(problemsOfRead),
  ]
}

function problemsOfName({ name, range }: Mention): ConditionProblem[] {
  if (KNOWN_NAMES.has(name)) return []
  return [
    {
      code: 'cel_unknown_name',
      message: `There is no ${name} here. Known are customer, event, entry, answers and now.`,
      range,
    },
  ]
}

function problemsOfCall(node: Node): ConditionProblem[] {
  if (node.op !== 'call' && node.op !== 'rcall') return []
  const name = node.args[0]
  const { range } = node
  if (name === 'matches')
    return [
      {
        code: 'not_available',
        message: 'matches() is not available: use contains(), startsWith() or endsWith().',
        range,
      },
    ]
  const known =
    node.op === 'call' ? FUNCTION_NAMES.has(name) : LIBRARY_METHODS.has(name) || isClockMethod(name)
  if (!known)
    return [{ code: 'cel_unknown_name', message: `There is no function ${name}().`, range }]
  return problemsOfArguments(node)
}

function problemsOfArguments(node: Node): ConditionProblem[] {
  const fn = functionOf(node)
  if (!fn || node.op !== 'call') return []
  const [name, args] = node.args
  const { range } = node
  const [min, max] = fn.arity
  if (args.length < min || args.length > max)
    return [{ code: 'cel_type', message: `${name}() takes ${fn.takes}.`, range }]
  if (fn.literal && args.some((arg) => textOf(arg) === null))
    return [
      {
        code: 'not_literal',
        message: `${name}() takes ${fn.takes}, written out in quotes.`,
        range,
      },
    ]
  const window = WINDOWS[name] === undefined ? null : textOf(args[WINDOWS[name]])
  const problem = window === null ? null : parseDurationProblem(window)
  return [
    ...(name === 'did' ? problemsOfProperty(textOf(args[1]) ?? '', range) : []),
    ...(problem === null ? [] : [{ code: 'bad_window', message: problem, range } as const]),
  ]
}

/** Which argument of a function is its window. */
const WINDOWS: Readonly<Record<string, number>> = { count: 1, did: 3, touchpoints: 0 }

/** The property that `did()` looks at, from the root of the event's properties. */
function problemsOfProperty(property: string, range: Range): ConditionProblem[] {
  const names = property.split('.')
  if (names.includes(''))
    return [
      {
        code: 'cel_type',
        message: `"${property}" names no property; write it as "category" or "products.product_id".`,
        range,
      },
    ]
  if (!names.some(isPersonal)) return []
  return [
    {
      code: 'personal_trait',
      message: `${property} is personal data, which conditions cannot see.`,
      range,
    },
  ]
}

function problemsOfRead(read: PathRead): ConditionProblem[] {
  const { root, range } = read
  const { of, names, isBag } = bagOf(read)
  if (isNamespace(read))
    return [
      {
        code: 'whole_value',
        message: `Name each value you need, as in ${of}.plan: what a condition reads must be known when it is published.`,
        range,
      },
    ]
  if (!isBag) return problemsOfMember(read)
  const personal = names.find(isPersonal)
  if (personal === undefined) return []
  const instead = root === 'customer' ? ` Ask has('${names[0]}') instead.` : ''
  return [
    {
      code: 'personal_trait',
      message: `${of}.${names.join('.')} is personal data, which conditions cannot see.${instead}`,
      range,
    },
  ]
}

interface Bag {
  /** What its names are written after. */
  readonly of: string
  readonly names: readonly string[]
  /** False for what stands beside it, as `event.name`. */
  readonly isBag: boolean
}

/** The bag of names, not known to us, into which a read goes. */
function bagOf({ root, path }: PathRead): Bag {
  if (root === 'answers') {
    const [name = 'quote', member, ...names] = path
    return { of: `answers.${name}.body`, names, isBag: member === 'body' }
  }
  const bag = root === 'customer' ? 'traits' : 'properties'
  const [member, ...names] = path
  return { of: `${root}.${bag}`, names, isBag: member === bag }
}

/** Members of the customer and of events are typed; those of an answer are not. */
function problemsOfMember({ root, path, range }: PathRead): ConditionProblem[] {
  if (root !== 'answers' || path[1] === 'status') return []
  const message = `An answer has no ${path[1]}; it has status and body.`
  return [{ code: 'cel_unknown_name', message, range }]
}

/** Inside a value `name` is most often a product's, so there it is let through. */
function isPersonal(name: string, depth: number): boolean {
  return isPersonalTrait(name) && (depth === 0 || name !== 'name')
}
