import { bindFunctions } from './bind-functions.ts'
import { WorkBudget } from './budget.ts'
import { SOURCE_LENGTH_MAX, parse } from './language.ts'
import { readPaths } from './paths.ts'
import { problemsOf } from './problems.ts'
import { READS_NOTHING, readsOf } from './reads.ts'
import { syntaxAdvice } from './syntax-advice.ts'
import type { ConditionProblem, ConditionReads } from '../conditions.ts'
import type { Parsed } from './language.ts'
import type { Mention, Range } from './paths.ts'
import type { ScopeView } from './scope-views.ts'

export interface Compiled {
  readonly problems: readonly ConditionProblem[]
  readonly reads: ConditionReads
  readonly mentions: readonly Mention[]
  /** CEL's name for the type of the result; null where there is none. */
  readonly type: string | null
  readonly run: (scope: ScopeView) => unknown
  readonly budget: WorkBudget
}

/** Enough for some hundred journeys. */
const COMPILED_MAX = 1_024
/** Pure memo: a source always compiles to the same thing. */
const compiled = new Map<string, Compiled>()

/** The condition, parsed, bound, judged and type-checked once. Never throws. */
export function compile(source: string): Compiled {
  const known = compiled.get(source)
  if (known) return known
  const fresh = compileAnew(source)
  const oldest = compiled.size < COMPILED_MAX ? undefined : compiled.keys().next().value
  if (oldest !== undefined) compiled.delete(oldest)
  compiled.set(source, fresh)
  return fresh
}

function compileAnew(source: string): Compiled {
  const budget = new WorkBudget()
  const refused = (problem: ConditionProblem): Compiled => ({
    problems: [problem],
    reads: READS_NOTHING,
    mentions: [],
    type: null,
    run: () => undefined,
    budget,
  })
  if (source.length > SOURCE_LENGTH_MAX)
    return refused({
      code: 'cel_too_complex',
      message: `A condition has at most ${SOURCE_LENGTH_MAX} characters.`,
    })
  let parsed: Parsed
  try {
    parsed = parse(source)
  } catch (error) {
    return refused(syntaxProblem(error, source))
  }
  const { ast } = parsed
  bindFunctions(ast)
  const paths = readPaths(ast)
  const problems = problemsOf(ast, paths.reads, paths.mentions)
  const checked = parsed.check()
  if (checked.valid) budget.meter(ast)
  else if (problems.length === 0) problems.push(typeProblem(checked.error))
  return {
    problems,
    reads: readsOf(ast, paths.reads),
    mentions: paths.mentions,
    type: checked.valid ? (checked.type ?? null) : null,
    run: parsed,
    budget,
  }
}

function syntaxProblem(error: unknown, source: string): ConditionProblem {
  const { code, range } = detailsOf(error)
  const tooDeep = error instanceof RangeError || code === 'limit_exceeded'
  return {
    code: tooDeep ? 'cel_too_complex' : 'cel_syntax',
    message: tooDeep
      ? `${summaryOf(error)}; split the condition.`
      : `This is not CEL (${summaryOf(error)}). ${syntaxAdvice(source)}`,
    ...(range ? { range } : {}),
  }
}

function typeProblem(error: unknown): ConditionProblem {
  const { code, range } = detailsOf(error)
  const unknown = code === 'unknown_variable' || code === 'no_such_key'
  return {
    code: unknown ? 'cel_unknown_name' : 'cel_type',
    message: `${summaryOf(error)}. ${typeAdvice(code)}`,
    ...(range ? { range } : {}),
  }
}

function typeAdvice(code: string | undefined): string {
  return code === 'no_such_key'
    ? 'A trait is written customer.traits.<name>, a property event.properties.<name> or entry.properties.<name>.'
    : 'Compare and combine values of one kind only.'
}

/** Why something failed, in a line. The library's errors carry a one-line summary; their message draws the source as well. */
export function summaryOf(error: unknown): string {
  return detailsOf(error).summary ?? (error instanceof Error ? error.message : String(error))
}

interface Details {
  readonly code?: string
  readonly summary?: string
  readonly range?: Range
}

function detailsOf(error: unknown): Details {
  return error instanceof Error ? (error as Error & Details) : {}
}
