import { wallClock } from '../time.ts'
import { functionOf, text } from './functions.ts'
import { Duration } from './language.ts'
import { Timestamp, type FactValues } from './scope-views.ts'
import { nodesOf } from './syntax.ts'
import type { ConditionScope } from '../conditions.ts'
import type { WallClock } from '../time.ts'
import type { ConditionFunction } from './functions.ts'
import type { Node } from './language.ts'

/** As CEL defines them: months, days of the month, of the week (from Sunday) and of the year from 0; `getDate` from 1. */
const CLOCK_METHODS: ReadonlyMap<string, (clock: WallClock) => number> = new Map(
  Object.entries<(clock: WallClock) => number>({
    getFullYear: (clock) => clock.year,
    getMonth: (clock) => clock.month - 1,
    getDate: (clock) => clock.day,
    getDayOfMonth: (clock) => clock.day - 1,
    getDayOfWeek: (clock) => clock.dayOfWeek % 7,
    getDayOfYear: (clock) => clock.dayOfYear - 1,
    getHours: (clock) => clock.hour,
    getMinutes: (clock) => clock.minute,
    getSeconds: (clock) => clock.second,
    getMilliseconds: (clock) => clock.millisecond,
  }),
)

type DurationPart = 'getHours' | 'getMinutes' | 'getSeconds' | 'getMilliseconds'
const DURATION_PARTS: ReadonlySet<string> = new Set<DurationPart>([
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
])

/** Whether it is a method that reads a clock, as in `now.getHours()`. */
export function isClockMethod(name: string): boolean {
  return CLOCK_METHODS.has(name)
}

/** What the library hands to a macro. It documents the shape, and does not type it. */
interface Checker {
  check(node: Node, context: unknown): { readonly name: string; readonly kind: string }
  getType(name: string): unknown
}
interface Evaluator {
  run(node: Node, context: Names): unknown
}
interface Names {
  getValue(name: '$scope'): ConditionScope
  getValue(name: '$facts'): FactValues
}
interface Macro {
  typeCheck(checker: Checker, macro: Macro, context: unknown): unknown
  evaluate(evaluator: Evaluator, macro: Macro, names: Names): unknown
}
interface MacroNode {
  setMeta(key: 'macro', macro: Macro): MacroNode
  setMeta(key: 'async', async: false): MacroNode
}

/**
 * Lets our functions answer the calls in a freshly parsed tree. They are attached to the nodes and
 * not registered, because the library allows neither a `has(text)` beside its macro nor another
 * `timestamp`.
 */
export function bindFunctions(ast: Node): void {
  for (const node of nodesOf(ast)) {
    const macro = macroOf(node)
    if (macro) (node as unknown as MacroNode).setMeta('macro', macro).setMeta('async', false)
  }
}

function macroOf(node: Node): Macro | null {
  const fn = functionOf(node)
  if (fn && node.op === 'call') return functionMacro(fn, node.args[1])
  if (node.op !== 'rcall') return null
  const [name, receiver, args] = node.args
  const read = CLOCK_METHODS.get(name)
  return read && args.length <= 1 ? clockMacro(name, read, receiver, args[0]) : null
}

function functionMacro(fn: ConditionFunction, args: readonly Node[]): Macro {
  return {
    typeCheck(checker, _, context) {
      for (const arg of args) checker.check(arg, context)
      return checker.getType(fn.returns)
    },
    evaluate: (evaluator, _, names) =>
      fn.apply(
        names.getValue('$scope'),
        args.map((arg) => evaluator.run(arg, names)),
        names.getValue('$facts'),
      ),
  }
}

/** Reads the customer's own clock unless the condition names a zone: `now.getHours() < 12` is their morning. */
function clockMacro(
  name: string,
  read: (clock: WallClock) => number,
  receiver: Node,
  zone: Node | undefined,
): Macro {
  return {
    typeCheck(checker, _, context) {
      const type = checker.check(receiver, context)
      const fits = ['timestamp', 'google.protobuf.Duration'].includes(type.name)
      if (!fits && type.kind !== 'dyn') throw new Error(`${type.name} has no ${name}().`)
      if (zone) checker.check(zone, context)
      return checker.getType('int')
    },
    evaluate(evaluator, _, names) {
      const value = evaluator.run(receiver, names)
      if (value instanceof Duration && !zone && DURATION_PARTS.has(name))
        return value[name as DurationPart]()
      if (!(value instanceof Timestamp)) throw new Error(`This value has no ${name}().`)
      const inZone = zone ? text(evaluator.run(zone, names)) : names.getValue('$scope').zone
      return BigInt(read(wallClock(value.ms, inZone ?? 'UTC')))
    },
  }
}
