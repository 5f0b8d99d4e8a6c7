import type { core } from 'zod'
import type { Finding } from '../errors.ts'
import { pointerTo } from '../json-pointer.ts'
import { isLaterField, isLaterValue } from './later.ts'

type Issue = core.$ZodIssue
type Path = readonly PropertyKey[]

export interface SchemaFindings {
  readonly findings: readonly Finding[]
  /** Fields that do not belong where they stand. Without them the rest may be readable. */
  readonly unknownFields: readonly Path[]
}

/** What the schema refused in `definition`, in our words: a code, a place, what to do. */
export function schemaFindings(issues: readonly Issue[], definition: unknown): SchemaFindings {
  const findings: Finding[] = []
  const unknownFields: Path[] = []
  const add = (code: string, path: Path, message: string) =>
    void findings.push({ code, path: pointerTo(path), message, severity: 'error' })

  const visit = (issue: Issue, above: Path): void => {
    const path = [...above, ...issue.path]
    const value = valueAt(definition, path)
    const name = String(path.at(-1) ?? '')
    switch (issue.code) {
      case 'unrecognized_keys':
        for (const key of issue.keys) {
          unknownFields.push([...path, key])
          if (isLaterField(key)) add('not_supported_yet', [...path, key], later(key))
          else
            add(
              'unknown_field',
              [...path, key],
              `There is no field "${key}" here; check its spelling or take it out.`,
            )
        }
        return
      case 'invalid_union': {
        const branch = closestBranch(issue.errors)
        if (branch !== null) return branch.forEach((inner) => visit(inner, path))
        const choices = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
        return choice(path, name, value, choices)
      }
      case 'invalid_value':
        return choice(path, name, value, issue.values)
      case 'invalid_type':
        if (value === undefined)
          add(
            'missing_field',
            path,
            `"${name}" is missing; it takes ${KINDS[issue.expected] ?? 'a value'}.`,
          )
        else
          add(
            'wrong_type',
            path,
            `Here stands ${kindOf(value)}; write ${KINDS[issue.expected] ?? 'another value'}.`,
          )
        return
      case 'too_small':
      case 'too_big':
        return add('out_of_range', path, `The value is out of range. ${issue.message}.`)
      default:
        return add('bad_format', path, issue.message)
    }
  }

  const choice = (path: Path, name: string, value: unknown, choices: readonly unknown[]): void => {
    const list = choices.map((option) => JSON.stringify(option)).join(', ')
    // An element of a list is a choice of the list's field.
    const field = typeof path.at(-1) === 'number' ? String(path.at(-2)) : name
    if (value === undefined) add('missing_field', path, `"${name}" is missing; use one of ${list}.`)
    else if (isLaterValue(field, value))
      add('not_supported_yet', path, later(typeof value === 'string' ? value : name))
    else if (list === '')
      add('wrong_type', path, `Here stands ${kindOf(value)}, which is not taken.`)
    else add('unknown_value', path, `${JSON.stringify(value)} is not a choice; use one of ${list}.`)
  }

  for (const issue of issues) visit(issue, [])
  return { findings, unknownFields }
}

/**
 * The variant of a union that the author most likely meant: the one with the least to mend. Null
 * where the value fits no variant even in kind.
 */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const meant = branches
    .filter(
      (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
    )
    .toSorted((a, b) => a.length - b.length)[0]
  if (meant === undefined) return null
  const ofLater = meant.filter(
    (issue) => issue.code === 'unrecognized_keys' && issue.keys.some(isLaterField),
  )
  return ofLater.length > 0 ? ofLater : meant
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

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return (Array.isArray(value) ? KINDS.array : KINDS[typeof value]) ?? 'something that is not JSON'
}

function later(word: string): string {
  return `"${word}" is not supported yet; it comes with a later release. Leave it out for now.`
}
