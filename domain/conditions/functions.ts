/**
 * What conditions can call: ours (`count`, `has`, …), `timestamp` and `duration`, which the library
 * would read in the host's own time zone, and what of the library is safe. The methods that read
 * a clock are in `bind-functions.ts`.
 */
import { hasAddress } from '../channels/address-trait.ts'
import { durationMs, instantFromIso, parseDurationProblem } from '../time.ts'
import { countTouchpoints, TOUCHPOINTS_TRAIT } from '../touchpoints/seen-touchpoints.ts'
import { durationOfMs } from './language.ts'
import { Timestamp, type FactValues } from './scope-views.ts'
import { textOf } from './syntax.ts'
import type { ConditionScope } from '../conditions.ts'
import type { Node } from './language.ts'
import { own } from '../own.ts'

export interface ConditionFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [min: number, max: number]
  /** What the arguments are, for people. */
  readonly takes: string
  /** Arguments must be quoted text, so that what a condition needs can be read off its source. */
  readonly literal: boolean
  readonly returns: 'bool' | 'int' | 'timestamp' | 'google.protobuf.Duration' | 'dyn'
  readonly apply: (scope: ConditionScope, args: readonly unknown[], facts: FactValues) => unknown
}

/** In the order that a reader of the manual would want them. */
export const FUNCTIONS: Readonly<Record<string, ConditionFunction>> = {
  count: {
    arity: [1, 2],
    takes: 'the name of an event and, if wanted, a window such as "P3D"',
    literal: true,
    returns: 'int',
    apply: (scope, [name, window]) => BigInt(count(scope, text(name), window)),
  },
  last: {
    arity: [1, 1],
    takes: 'the name of an event',
    literal: true,
    returns: 'timestamp',
    apply: (scope, [name]) => new Timestamp(lastMs(scope, text(name))),
  },
  has: {
    arity: [1, 1],
    takes: 'the name of a trait',
    literal: true,
    returns: 'bool',
    apply: ({ customer }, [trait]) => own(customer.has, text(trait)) === true,
  },
  consented: {
    arity: [2, 2],
    takes: 'a purpose and a channel',
    literal: true,
    returns: 'bool',
    apply: ({ customer }, [purpose, channel]) =>
      own(own(customer.consents, text(purpose)) ?? {}, text(channel)) === true,
  },
  did: {
    arity: [3, 4],
    takes:
      'the name of an event, a property of it such as "products.product_id", a value and, if wanted, a window such as "P90D"',
    literal: true,
    returns: 'bool',
    apply: ({ customer }, args) => own(customer.did ?? {}, didKey(args.map(text))) === true,
  },
  fact: {
    arity: [1, 1],
    takes: 'the name of a published fact',
    literal: true,
    returns: 'dyn',
    apply: (_, [name], facts) => valueOf(facts, text(name)),
  },
  touchpoints: {
    arity: [1, 1],
    takes: 'a window such as "P14D"',
    literal: true,
    returns: 'int',
    apply: ({ customer, nowMs }, [window]) =>
      BigInt(
        countTouchpoints(own(customer.traits, TOUCHPOINTS_TRAIT), {
          nowMs,
          windowMs: durationMs(text(window)),
        }),
      ),
  },
  reachable: {
    arity: [1, 1],
    takes: 'a channel',
    literal: true,
    returns: 'bool',
    apply: ({ customer: { reachable, has } }, [channel]) =>
      reachable?.includes(text(channel)) ?? hasAddress(has, text(channel)),
  },
  returned: {
    arity: [1, 1],
    takes: 'the id of an order or a product',
    literal: false,
    returns: 'bool',
    apply: ({ customer }, [id]) => customer.returned.includes(idOf(id)),
  },
  inJourney: {
    arity: [1, 1],
    takes: 'the key of a journey',
    literal: true,
    returns: 'bool',
    apply: ({ customer }, [key]) => customer.journeys.includes(text(key)),
  },
  timestamp: {
    arity: [1, 1],
    takes: 'an RFC 3339 text, or seconds since 1970',
    literal: false,
    returns: 'timestamp',
    apply: (_, [value]) => new Timestamp(timestampMs(value)),
  },
  duration: {
    arity: [1, 1],
    takes: 'a length of time such as "P3D" or "72h"',
    literal: false,
    returns: 'google.protobuf.Duration',
    apply: (_, [value]) => durationOfMs(lengthMs(text(value))),
  },
}

/** Under which a scope holds the answer to a `did(…)` with these arguments. */
export function didKey(args: readonly string[]): string {
  return JSON.stringify(args)
}

/** Functions of CEL that are safe and mean the same everywhere. */
const LIBRARY_FUNCTIONS: readonly string[] = [
  'bool',
  'double',
  'dyn',
  'int',
  'size',
  'string',
  'type',
]

export const FUNCTION_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(FUNCTIONS),
  ...LIBRARY_FUNCTIONS,
])
/** Methods alike, the clock's apart. Not `matches`: a regular expression can take for ever on a hostile text. */
export const LIBRARY_METHODS: ReadonlySet<string> = new Set([
  'all',
  'contains',
  'endsWith',
  'exists',
  'exists_one',
  'filter',
  'indexOf',
  'join',
  'lastIndexOf',
  'lowerAscii',
  'map',
  'size',
  'split',
  'startsWith',
  'substring',
  'trim',
  'upperAscii',
])

/** The function of ours that the node calls; null for others and for CEL's macro `has(a.b)`. */
export function functionOf(node: Node): ConditionFunction | null {
  if (node.op !== 'call') return null
  const [name, args] = node.args
  if (name === 'has' && args.length === 1 && textOf(args[0]) === null) return null
  return own(FUNCTIONS, name) ?? null
}

/** One that this customer's data does not allow fails whatever asks for it. */
function valueOf(facts: FactValues, name: string): unknown {
  const fact = facts.get(name)
  if (fact?.ok === true) return fact.value
  throw new Error(fact?.message ?? `There is no fact "${name}".`)
}

function count({ customer, nowMs }: ConditionScope, name: string, window: unknown): number {
  const counter = own(customer.counters, name)
  if (!counter) return 0
  if (window === undefined) return counter.total
  const afterMs = nowMs - durationMs(text(window))
  return counter.recentMs.filter((ms) => ms > afterMs && ms <= nowMs).length
}

/** An event that never happened lies infinitely long ago, for which 1970 stands. */
function lastMs({ customer }: ConditionScope, name: string): number {
  return Math.max(0, ...(own(customer.counters, name)?.recentMs ?? []))
}

/** The years that CEL knows, 1 to 9999. */
const TIMESTAMP_MS = { min: -62_135_596_800_000, max: 253_402_300_799_999 }

/** Whether `timestamp()` takes the text. */
export function isInstant(value: string): boolean {
  const ms = instantFromIso(value)
  return ms !== null && isInRange(ms)
}

function isInRange(ms: number): boolean {
  return ms >= TIMESTAMP_MS.min && ms <= TIMESTAMP_MS.max
}

function timestampMs(value: unknown): number {
  if (value instanceof Timestamp) return value.ms
  const isSeconds = typeof value === 'number' || typeof value === 'bigint'
  const ms = isSeconds ? Number(value) * 1_000 : instantFromIso(text(value))
  if (ms === null || !isInRange(ms))
    throw new Error('timestamp() takes an RFC 3339 text with an offset, or seconds since 1970.')
  return ms
}

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** Whether `duration()` takes the text. */
export function isLength(value: string): boolean {
  return parseDurationProblem(value) === null || isCelLength(value)
}

function isCelLength(value: string): boolean {
  return value.length <= 64 && /^[+-]?(\d{1,12}(\.\d{1,3})?(h|ms|m|s))+$/.test(value)
}

/** ISO 8601 as everywhere in a journey, or CEL's own notation (`1h30m`, `-90s`). */
function lengthMs(value: string): number {
  if (parseDurationProblem(value) === null) return durationMs(value)
  if (!isCelLength(value)) throw new Error('duration() takes a text such as "P3D" or "72h".')
  let ms = 0
  for (const [, amount, unit] of value.matchAll(/([\d.]+)(ms|h|m|s)/g))
    ms += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return value.startsWith('-') ? -ms : ms
}

/** The value, which must be a text. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error('This argument must be a text.')
}

/** Ids are texts in our facts, and often numbers in an event. */
function idOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  return text(value)
}
