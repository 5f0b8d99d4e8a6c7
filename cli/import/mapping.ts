import { createHash } from 'node:crypto'
import { canonicalJson } from '../../domain/canonical-json.ts'
import type { Finding } from '../../domain/errors.ts'
import { child } from '../../domain/json-pointer.ts'
import type { JsonObject, JsonValue } from '../../domain/json.ts'
import { own } from '../../domain/own.ts'
import { isZone } from '../../domain/time.ts'
import { usageFailure } from '../failures.ts'
import { valueOf } from '../options.ts'
import { CONVERSION_NAMES, createConverter, isConversion, type Conversion } from './conversions.ts'

/** How rows of a file become calls as Segment writes them. Without any `map` a row is such a call already. */
export interface Mapping {
  /** Column or field → where its value goes, such as `userId` or `properties.revenue:number`. */
  readonly map: Readonly<Record<string, string>>
  /** Where → the same value for every row. */
  readonly set: Readonly<Record<string, string>>
  /** Where columns go that are not named in `map`. Default: nowhere. */
  readonly rest: 'properties' | 'traits' | null
  /** The clock of instants that do not say theirs. */
  readonly zone: string
}

export type MappedRow =
  | { readonly event: JsonObject; readonly findings: readonly [] }
  | { readonly event: null; readonly findings: readonly Finding[] }

/** Where values of a row can go. */
export interface Places {
  /** For people: `an event`. */
  readonly what: string
  /** Name → how its value is read, unless the mapping says otherwise. */
  readonly fields: Readonly<Record<string, Conversion>>
  /** Those that hold members of any name. */
  readonly groups: readonly string[]
}

const EVENT: Places = {
  what: 'an event',
  fields: {
    type: 'text',
    event: 'text',
    userId: 'text',
    anonymousId: 'text',
    previousId: 'text',
    groupId: 'text',
    name: 'text',
    category: 'text',
    messageId: 'text',
    timestamp: 'instant',
  },
  groups: ['properties', 'traits', 'context'],
}

interface Target {
  readonly path: readonly string[]
  readonly convert: Conversion
}

/**
 * Reads rows by a mapping.
 *
 * @throws {CommandFailure} naming everything that is wrong with the mapping
 */
export function createMapper(
  { map, set, rest, zone }: Mapping,
  places: Places = EVENT,
): (row: JsonObject) => MappedRow {
  const problems: string[] = []
  const targets = Object.entries(map).map(([column, text]) => {
    const target = targetOf(text, places)
    if (typeof target === 'string') problems.push(`${column}: ${target}`)
    return { column, target }
  })
  const constants = Object.entries(set).map(([text, value]) => {
    const target = targetOf(text, places)
    if (typeof target === 'string') problems.push(`${text}: ${target}`)
    return { target, value }
  })
  if (!isZone(zone)) problems.push(`zone: "${zone}" is no time zone such as Europe/Madrid.`)
  if (problems.length > 0)
    throw usageFailure(`The mapping is wrong:\n${problems.map((each) => `  ${each}`).join('\n')}`)

  const convert = createConverter(zone)
  const constantOf = (value: string, { path, convert: as }: Target): JsonValue =>
    path.length === 1 ? (convert(value, as) ?? value) : valueOf(value)
  const isPlain = targets.length === 0 && rest === null
  return (row) => {
    const findings: Finding[] = []
    const event: JsonObject = isPlain ? { ...row } : {}
    // What a sender's clock showed when it was sent: of a call that is sent again, it would move the instant.
    delete event['sentAt']
    if (rest !== null) event[rest] = othersOf(row, map)
    for (const { column, target } of targets) {
      const value = fieldOf(row, column)
      if (typeof target === 'string' || value === undefined || value === null || value === '')
        continue
      const converted = convert(value, target.convert)
      if (converted === undefined)
        findings.push({
          code: 'not_convertible',
          path: child('', column),
          message: `${shown(value)} cannot be read as ${target.convert}.`,
          severity: 'error',
        })
      else put(event, target.path, converted)
    }
    for (const { target, value } of constants)
      if (typeof target !== 'string') put(event, target.path, constantOf(value, target))
    if (findings.length > 0) return { event: null, findings }
    return { event, findings: [] }
  }
}

/**
 * A mapped row with what every call must have. `isHistorical` marks it as one of the past, which
 * starts and sends nothing. Without `messageId` it gets a hash of the event, so that it is the same
 * one however often it is imported; two equal rows are one event.
 */
export function asCall(
  event: JsonObject,
  { isHistorical }: { readonly isHistorical: boolean },
): JsonObject {
  const type = event['type'] ?? (event['event'] === undefined ? 'identify' : 'track')
  const said = { ...event, type }
  const messageId = event['messageId'] ?? `import-${hashOf(said)}`
  if (!isHistorical) return { ...said, messageId }
  const { context } = event
  // What is no object stays, for the server to say so.
  if (context !== undefined && !isObject(context)) return { ...said, messageId }
  return { ...said, messageId, context: { ...context, historical: true } }
}

const hashOf = (event: JsonObject): string =>
  createHash('sha256').update(canonicalJson(event)).digest('hex').slice(0, 40)

/** The place and conversion that a text names, or what is wrong with it. */
function targetOf(text: string, { what, fields, groups }: Places): Target | string {
  const [place = '', convert, ...more] = text.split(':')
  const [root = '', ...names] = place.split('.')
  if (more.length > 0 || (convert !== undefined && !isConversion(convert)))
    return `"${text}" names no conversion; there are ${CONVERSION_NAMES.join(', ')}.`
  const target: Target = { path: [root, ...names], convert: convert ?? own(fields, root) ?? 'asIs' }
  if (Object.hasOwn(fields, root) && names.length === 0) return target
  if (groups.includes(root) && names.length > 0 && names.every((name) => name !== '')) return target
  const members = groups.map((group) => `${group}.…`).join(', ')
  return `"${place}" is no place in ${what}; there are ${Object.keys(fields).join(', ')}, and ${members}.`
}

const othersOf = (row: JsonObject, map: Mapping['map']): JsonObject =>
  Object.fromEntries(
    Object.entries(row).filter(([name, value]) => !Object.hasOwn(map, name) && value !== ''),
  )

/** A field by its name, else by its path: `address.city`. */
function fieldOf(row: JsonObject, column: string): JsonValue | undefined {
  if (Object.hasOwn(row, column)) return row[column]
  return column
    .split('.')
    .reduce<JsonValue | undefined>(
      (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      row,
    )
}

function put(event: JsonObject, path: readonly string[], value: JsonValue): void {
  let owner = event
  for (const name of path.slice(0, -1)) {
    const inner = owner[name]
    const next = isObject(inner) ? inner : {}
    owner[name] = next
    owner = next
  }
  owner[path.at(-1) ?? ''] = value
}

const shown = (value: JsonValue): string => JSON.stringify(value).slice(0, 60)

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
