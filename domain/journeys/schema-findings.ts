import type { core } from 'zod'
import type { Finding } from '../errors.ts'
import { pointerTo } from '../json-pointer.ts'
import { isLaterField, isLaterValue } from './later.ts'
import { withNearestField, withSlips, type Path, type Refusal } from './schema-slips.ts'

type Issue = core.$ZodIssue

export interface SchemaFindings {
  readonly findings: readonly Finding[]
  /** Fields that do not belong where they stand. Without them the rest may be readable. */
  readonly unknownFields: readonly Path[]
}

/** What the schema refused in `definition`, in our words: a code, a place, what to do. */
export function schemaFindings(
  schema: core.$ZodType,
  issues: readonly Issue[],
  definition: unknown,
): SchemaFindings {
  const refusals = refusalsOf(issues, [], definition).map((refusal) =>
    refusal.code === 'unknown_field' ? withNearestField(schema, refusal) : refusal,
  )
  return {
    findings: refusals.map(({ code, path, message }) => ({
      code,
      path: pointerTo(path),
      message,
      severity: 'error',
    })),
    unknownFields: refusals.filter(({ isUnknown }) => isUnknown === true).map(({ path }) => path),
  }
}

function refusalsOf(issues: readonly Issue[], above: Path, definition: unknown): Refusal[] {
  return withSlips(
    issues.flatMap((issue) => refusalsOfIssue(issue, [...above, ...issue.path], definition)),
  )
}

function refusalsOfIssue(issue: Issue, path: Path, definition: unknown): readonly Refusal[] {
  const value = valueAt(definition, path)
  const name = String(path.at(-1) ?? '')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownField([...path, key], key))
    case 'invalid_union': {
      const branches = closestBranches(issue.errors)
      const choices = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
      return branches.length === 0
        ? [choice(path, value, choices)]
        : closest(
            branches.map((branch) => refusalsOf(branch, path, definition)),
            path,
          )
    }
    case 'invalid_value':
      return [choice(path, value, issue.values)]
    case 'invalid_type': {
      const kind = KINDS[issue.expected]
      return value === undefined
        ? [missing(path, `"${name}" is missing; add it, with ${kind ?? 'a value'}.`)]
        : [
            {
              code: 'wrong_type',
              path,
              message: `Here stands ${kindOf(value)}; write ${kind ?? 'another value'}.`,
            },
          ]
    }
    case 'too_small':
    case 'too_big':
      return [{ code: 'out_of_range', path, message: rangeMessage(issue) }]
    default:
      return [{ code: 'bad_format', path, message: issue.message }]
  }
}

function unknownField(path: Path, key: string): Refusal {
  return isLaterField(key)
    ? { code: 'not_supported_yet', path, message: later(key), isUnknown: true }
    : {
        code: 'unknown_field',
        path,
        message: `There is no field "${key}" here; check its spelling or take it out.`,
        isUnknown: true,
      }
}

function missing(path: Path, message: string): Refusal {
  return { code: 'missing_field', path, message }
}

function choice(path: Path, value: unknown, choices: readonly unknown[]): Refusal {
  const name = String(path.at(-1) ?? '')
  const list = choices.map((option) => JSON.stringify(option)).join(', ')
  // An element of a list is a choice of the list's field.
  const field = typeof path.at(-1) === 'number' ? String(path.at(-2)) : name
  if (value === undefined) return missing(path, `"${name}" is missing; use one of ${list}.`)
  if (isLaterValue(field, value)) {
    const message = later(typeof value === 'string' ? value : name)
    return { code: 'not_supported_yet', path, message }
  }
  if (list === '') {
    const message = `Here stands ${kindOf(value)}, which is not taken.`
    return { code: 'wrong_type', path, message }
  }
  const message = `${JSON.stringify(value)} is not a choice; use one of ${list}.`
  return { code: 'unknown_value', path, message }
}

/**
 * The variants of a union that the author may have meant: those with the least to mend. None where
 * the value fits no variant even in kind.
 */
function closestBranches(branches: readonly (readonly Issue[])[]): readonly (readonly Issue[])[] {
  const fitting = branches.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  )
  const least = Math.min(...fitting.map(({ length }) => length))
  return fitting
    .filter(({ length }) => length === least)
    .map((issues) => {
      const ofLater = issues.filter(
        (issue) => issue.code === 'unrecognized_keys' && issue.keys.some(isLaterField),
      )
      return ofLater.length > 0 ? ofLater : issues
    })
}

/** Of variants that are equally close the one with a slip; where each lacks its own field, that any of them is needed. */
function closest(variants: readonly (readonly Refusal[])[], path: Path): readonly Refusal[] {
  const [first = []] = variants
  const least = variants.toSorted((a, b) => a.length - b.length)[0] ?? first
  if (least.length < first.length) return least
  const isLacking = ({ code, path: place }: Refusal) =>
    code === 'missing_field' && place.length === path.length + 1
  const lacking = variants.map((refusals) => refusals.find(isLacking)?.path.at(-1))
  const names = [...new Set(lacking)].map((name) => `"${String(name)}"`)
  if (names.length < 2 || lacking.includes(undefined)) return first
  const anyOf = missing(path, `One of ${names.join(', ')} is needed here; add it.`)
  return [anyOf, ...first.filter((refusal) => !isLacking(refusal))]
}

/** `definition` without the named fields; itself where none are named, else a copy. */
export function withoutFields(definition: unknown, fields: readonly Path[]): unknown {
  if (fields.length === 0) return definition
  const copy: unknown = JSON.parse(JSON.stringify(definition))
  for (const path of fields) {
    const owner = valueAt(copy, path.slice(0, -1))
    if (typeof owner === 'object' && owner !== null)
      Reflect.deleteProperty(owner, path.at(-1) ?? '')
  }
  return copy
}

function valueAt(definition: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<PropertyKey, unknown>)[name]
        : undefined,
    definition,
  )
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  object: 'an object',
  record: 'an object',
  array: 'a list',
}

/** What to write in place of a value that is too small, too large, too short or too long. */
function rangeMessage(issue: core.$ZodIssueTooSmall | core.$ZodIssueTooBig): string {
  const isSmall = issue.code === 'too_small'
  const isBeyond = issue.inclusive === false
  const limit = isSmall
    ? `${isBeyond ? 'more than' : 'at least'} ${issue.minimum}`
    : `${isBeyond ? 'less than' : 'at most'} ${issue.maximum}`
  switch (issue.origin) {
    case 'array':
      return `The list is too ${isSmall ? 'short' : 'long'}; it takes ${limit}.`
    case 'string':
      return `The text is too ${isSmall ? 'short' : 'long'}; it takes ${limit} characters.`
    default:
      return `The number is out of range; it may be ${limit}.`
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return (Array.isArray(value) ? KINDS.array : KINDS[typeof value]) ?? 'something that is not JSON'
}

function later(word: string): string {
  return `"${word}" is not supported yet; it comes with a later release. Leave it out for now.`
}
