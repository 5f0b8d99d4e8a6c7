import { toIso } from '../time.ts'
import { Duration } from './language.ts'
import { Timestamp } from './scope-views.ts'
import type { JsonObject, JsonValue } from '../json.ts'

/** A value of CEL as JSON: timestamps as ISO 8601, durations in seconds; undefined for what JSON cannot hold. */
export function toJson(value: unknown): JsonValue | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Timestamp) return toIso(value.ms)
  if (value instanceof Duration) return value.valueOf() / 1_000
  if (Array.isArray(value)) return listToJson(value)
  return typeof value === 'object' ? objectToJson(value) : undefined
}

function listToJson(list: readonly unknown[]): JsonValue[] | undefined {
  const elements: JsonValue[] = []
  for (const element of list) {
    const json = toJson(element)
    if (json === undefined) return undefined
    elements.push(json)
  }
  return elements
}

function objectToJson(object: object): JsonObject | undefined {
  if (Object.getPrototypeOf(object) !== Object.prototype) return undefined
  const entries: [string, JsonValue][] = []
  for (const [key, element] of Object.entries(object)) {
    const json = toJson(element)
    if (json === undefined) return undefined
    entries.push([key, json])
  }
  return Object.fromEntries(entries)
}
