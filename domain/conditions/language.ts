/**
 * CEL as we speak it: the one file that touches the library. Declares what a condition can name,
 * and mixes JSON's doubles with integer literals, which CEL alone refuses.
 */
import { Duration, Environment } from '@marcbachmann/cel-js/evaluator'
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js'
import { CustomerView, EventView, Timestamp } from './scope-views.ts'

export { Duration }
export type Node = ASTNode
export type Parsed = ParseResult

/** More than any person writes; bounds what a hostile source costs to parse and to keep. */
export const SOURCE_LENGTH_MAX = 8_000
const LIMITS = { maxAstNodes: 1_000, maxDepth: 32 }

const DURATION = 'google.protobuf.Duration'

/**
 * The library's own timestamps are `Date`s, which it does not recognise where a workflow's sandbox
 * has replaced the global. Ours are a class of our own, and read clocks through `time.ts`.
 */
const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
  .registerType('timestamp', { ctor: Timestamp, fields: {} })
  .registerType('customer', {
    ctor: CustomerView,
    fields: {
      traits: 'map<string, dyn>',
      lifecycle: 'string',
      value: 'double',
      consent: 'map<string, bool>',
    },
  })
  .registerType('event', {
    ctor: EventView,
    fields: {
      name: 'string',
      properties: 'map<string, dyn>',
      source: 'string',
      channel: 'string',
      occurredAt: 'timestamp',
      receivedAt: 'timestamp',
    },
  })
  .registerVariable('customer', 'customer')
  .registerVariable('event', 'event')
  .registerVariable('entry', 'event')
  .registerVariable('answers', 'map<string, dyn>')
  .registerVariable('now', 'timestamp')

type Compare = (left: number, right: number) => boolean
const comparisons: readonly (readonly [string, Compare])[] = [
  ['==', (left, right) => left === right],
  ['<', (left, right) => left < right],
  ['<=', (left, right) => left <= right],
  ['>', (left, right) => left > right],
  ['>=', (left, right) => left >= right],
]
for (const [operator, holds] of comparisons)
  environment.registerOperator(
    `timestamp ${operator} timestamp: bool`,
    (left: Timestamp, right: Timestamp) => holds(left.ms, right.ms),
  )

environment
  .registerOperator(`timestamp - timestamp: ${DURATION}`, (left: Timestamp, right: Timestamp) =>
    durationOfMs(left.ms - right.ms),
  )
  .registerOperator(
    `timestamp - ${DURATION}: timestamp`,
    (left: Timestamp, right: Duration) => new Timestamp(left.ms - right.valueOf()),
  )
  .registerOperator(
    `timestamp + ${DURATION}: timestamp`,
    (left: Timestamp, right: Duration) => new Timestamp(left.ms + right.valueOf()),
  )
  .registerOperator(
    `${DURATION} + timestamp: timestamp`,
    (left: Duration, right: Timestamp) => new Timestamp(right.ms + left.valueOf()),
  )

type Arithmetic = (left: number, right: number) => number
const arithmetic: readonly (readonly [string, Arithmetic])[] = [
  ['+', (left, right) => left + right],
  ['-', (left, right) => left - right],
  ['*', (left, right) => left * right],
  ['/', (left, right) => left / right],
  ['%', (left, right) => left % right],
]
for (const [operator, compute] of arithmetic) {
  const mixed = (left: bigint | number, right: bigint | number) =>
    compute(Number(left), Number(right))
  environment.registerOperator(`int ${operator} double: double`, mixed)
  environment.registerOperator(`double ${operator} int: double`, mixed)
}
environment
  .registerOperator('double % double: double', (left: number, right: number) => left % right)
  .registerOperator('int == double: bool', (left: bigint, right: number) => Number(left) === right)

/** A CEL duration of so many milliseconds, exact at any length. */
export function durationOfMs(ms: number): Duration {
  const seconds = Math.floor(ms / 1_000)
  return new Duration(seconds, Math.round((ms - seconds * 1_000) * 1_000_000))
}

/** The source as a tree. Throws the library's `ParseError` where it is not CEL. */
export function parse(source: string): Parsed {
  return environment.parse(source)
}
