/**
 * Conditions and expressions of journeys: CEL over one customer, the event at hand and the event
 * that let the customer in. What they can name is in `conditions/scope-views.ts`, what they can
 * call in `conditions/functions.ts`, what is refused in `conditions/problems.ts`.
 */
import { WORK_BUDGET_SPENT } from './conditions/budget.ts'
import { compile, summaryOf } from './conditions/compile.ts'
import { ScopeView, type FactValues } from './conditions/scope-views.ts'
import { toJson } from './conditions/to-json.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { LifecycleState } from './journeys/journey.ts'
import type { PropertyShape } from './journeys/rule-book.ts'
import { own } from './own.ts'
import type { Touchpoint } from './touchpoints/touchpoint.ts'

/** Everything a condition can see. Plain data: nothing is fetched while a condition runs. */
export interface ConditionScope {
  readonly nowMs: number
  /** The customer's IANA zone: what `now.getHours()` shows. Default `UTC`. */
  readonly zone?: string
  readonly customer: {
    readonly traits: Readonly<Record<string, JsonValue>>
    readonly has: Readonly<Record<string, boolean>>
    readonly lifecycle: LifecycleState
    /** Worth of all purchases so far, major units. Absent: nothing was bought. */
    readonly value?: number
    /** purpose → channel → granted. */
    readonly consents: Readonly<Record<string, Readonly<Record<string, boolean>>>>
    /** `recentMs` in any order. */
    readonly counters: Readonly<
      Record<string, { readonly total: number; readonly recentMs: readonly number[] }>
    >
    readonly returned: readonly string[]
    /** What `did(…)` answers, by `didKey`; asked of audiences only. Absent: nothing was asked. */
    readonly did?: Readonly<Record<string, boolean>>
    /** Keys of the journeys that have an open run. */
    readonly journeys: readonly string[]
    /** Channels that lead to the customer. Absent: those whose address `has` says is there. */
    readonly reachable?: readonly string[]
  }
  /** Formulas behind `fact(…)`, by name. Absent: there are none. */
  readonly facts?: Readonly<Record<string, string>>
  readonly event: ScopeEvent | null
  readonly entry: ScopeEvent | null
  /** What webhooks answered in this run, by `saveAs`. Absent: nothing. */
  readonly answers?: Readonly<Record<string, JsonValue>>
}

export interface ScopeEvent extends Touchpoint {
  readonly name: string
  readonly properties: JsonObject
  readonly occurredAtMs: number
  readonly receivedAtMs: number
}

/** A failure is data: a missing key or a wrong type on this customer. Callers count it and read it as false. */
export type Evaluation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string }

export interface ConditionProblem {
  readonly code:
    | 'cel_syntax'
    | 'cel_type'
    | 'cel_unknown_name'
    | 'cel_too_complex'
    | 'not_boolean'
    | 'personal_trait'
    | 'not_literal'
    | 'bad_window'
    | 'whole_value'
    | 'not_available'
  readonly message: string
  /** Offsets into the source, end exclusive. */
  readonly range?: { readonly start: number; readonly end: number }
}

/** What a condition needs of a customer, read off its syntax. */
export interface ConditionReads {
  /** One entry per `count` or `last` in the source, in order. */
  readonly events: readonly EventRead[]
  /** Traits whose values are read. */
  readonly traits: readonly string[]
  /** Traits of which only `has('…')` is asked. */
  readonly presence: readonly string[]
  readonly eventProperties: PropertyShape
  readonly entryProperties: PropertyShape
  /** `saveAs` → `status`, `body` and what of it. */
  readonly answers: PropertyShape
  /** Purposes in `consented(…)` and `customer.consent.<purpose>`. */
  readonly purposes: readonly string[]
  /** Keys in `inJourney(…)`. */
  readonly journeys: readonly string[]
  readonly usesReturned: boolean
  /** Whether it asks for `customer.lifecycle`, and for `customer.value`. */
  readonly usesLifecycle: boolean
  readonly usesValue: boolean
  /** Whether it asks for channels in `reachable(…)`. */
  readonly usesReachable: boolean
  /** One entry per `did(…)` that can be read off. */
  readonly did: readonly DidRead[]
  /** Names in `fact(…)`. What their formulas read is not among this: `facts/fact-reads.ts` adds it. */
  readonly facts: readonly string[]
}

/** Whether an event with a value in one of its properties was ever stored, or lately. */
export interface DidRead {
  /** Under which the scope holds the answer. */
  readonly key: string
  readonly event: string
  /** Names from the root of the properties; lists are looked through. */
  readonly path: readonly string[]
  readonly value: string
  /** Null: ever. */
  readonly windowMs: number | null
}

export interface EventRead {
  readonly name: string
  readonly windowed: boolean
  readonly windowMs: number | null
  /** The number the count is compared with; absent when it is not compared with a literal. */
  readonly comparedTo?: number
}

/**
 * Whether the condition holds for this customer, now. Never throws: what the data does not allow
 * (a missing key, a wrong type, an answer that is not a boolean) is a failure with its reason, and
 * so is whatever `checkCondition` refuses.
 *
 * Cost: some microseconds; parsed conditions are kept. Work on hostile data is cut off.
 */
export function evaluateCondition(source: string, scope: ConditionScope): Evaluation<boolean> {
  const result = evaluate(source, scope, (value) => value)
  if (!result.ok) return result
  const { value } = result
  if (typeof value === 'boolean') return { ok: true, value }
  return { ok: false, message: 'The condition is neither true nor false.' }
}

/**
 * The expression's value as JSON: integers as numbers, timestamps as ISO 8601, durations in
 * seconds. Never throws; fails as `evaluateCondition` does, and on what JSON cannot hold.
 */
export function evaluateExpression(source: string, scope: ConditionScope): Evaluation<JsonValue> {
  const result = evaluate(source, scope, toJson)
  if (!result.ok) return result
  const { value } = result
  if (value !== undefined) return { ok: true, value }
  return { ok: false, message: 'The value of the expression is not one that JSON can hold.' }
}

/** What to do where a name that there is elsewhere is not in sight. */
const INSTEAD = {
  event: 'No event is at hand at this place: name the one that let the customer in as "entry".',
  entry: 'Nobody has entered yet: name the event that lets them in as "event".',
  answers: 'Webhooks answer in a run only: ask in a step, an exit rule or the goal.',
}

/**
 * Everything that is wrong with a condition; empty when it may be published.
 *
 * `sees` says where it stands: whether there is an `event`, an `entry` and, for conditions of a run,
 * `answers`, whether stored events can be looked up, and whether it must say yes or no. Never throws.
 */
export function checkCondition(
  source: string,
  sees: {
    readonly event: boolean
    readonly entry: boolean
    readonly answers?: boolean
    readonly stored?: boolean
    readonly result: 'bool' | 'any'
  },
): ConditionProblem[] {
  const { problems, mentions, reads, type } = compile(source)
  const found = [...problems]
  if (reads.did.length > 0 && sees.stored !== true)
    found.push({
      code: 'not_available',
      message:
        'did() looks into the store, which only the condition of an audience can: put it there, and have the journey entered by the audience.',
    })
  for (const { name, range } of mentions)
    if (isOutOfSight(name, sees))
      found.push({
        code: 'cel_unknown_name',
        message: `There is no ${name} here. ${INSTEAD[name]}`,
        range,
      })
  if (sees.result === 'bool' && type !== null && type !== 'bool' && !type.startsWith('dyn'))
    found.push({
      code: 'not_boolean',
      message: `A condition must be true or false, and this is of type ${type}.`,
    })
  return found
}

function isOutOfSight(
  name: string,
  sees: Parameters<typeof checkCondition>[1],
): name is keyof typeof INSTEAD {
  return Object.hasOwn(INSTEAD, name) && sees[name as keyof typeof INSTEAD] !== true
}

/** CEL's name for the type of what it yields, as `int`; null where it is refused. */
export function conditionType(source: string): string | null {
  return compile(source).type
}

/** What the condition reads of a customer; nothing for a source that is not CEL. */
export function conditionReads(source: string): ConditionReads {
  return compile(source).reads
}

function evaluate<T>(
  source: string,
  scope: ConditionScope,
  convert: (value: unknown) => T,
): Evaluation<T> {
  return evaluateWith(source, { scope, facts: new Map() }, convert)
}

/** `facts`: what was worked out of the same customer so far. */
function evaluateWith<T>(
  source: string,
  { scope, facts }: { readonly scope: ConditionScope; readonly facts: FactValues },
  convert: (value: unknown) => T,
): Evaluation<T> {
  const { problems, reads, run, budget } = compile(source)
  const [problem] = problems
  if (problem) return { ok: false, message: problem.message }
  for (const name of reads.facts) if (!facts.has(name)) workOut(name, scope, facts)
  budget.reset()
  try {
    const value = convert(run(new ScopeView(scope, reads.purposes, facts)))
    if (budget.isSpent) return { ok: false, message: WORK_BUDGET_SPENT }
    return { ok: true, value }
  } catch (error) {
    return { ok: false, message: summaryOf(error) }
  }
}

/** Each fact once, whoever asks for it: formulas that call one another would multiply the work. */
function workOut(
  name: string,
  { nowMs, zone, customer, ...of }: ConditionScope,
  facts: FactValues,
) {
  const formula = own(of.facts ?? {}, name)
  if (formula === undefined) {
    facts.set(name, { ok: false, message: `There is no fact "${name}".` })
    return
  }
  // Stands until there is a value, so that a formula that reaches itself ends.
  facts.set(name, { ok: false, message: `The fact "${name}" reaches itself.` })
  const scope = {
    nowMs,
    ...(zone === undefined ? {} : { zone }),
    customer,
    facts: of.facts ?? {},
    event: null,
    entry: null,
  }
  facts.set(
    name,
    evaluateWith(formula, { scope, facts }, (value) => value),
  )
}
