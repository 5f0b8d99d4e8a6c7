import type { JsonValue } from './json.ts'

/** JSON text in which the same content is the same text: names sorted, no spaces. What is undefined is left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sortNames(value as JsonValue))
}

function sortNames(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sortNames)
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sortNames(inner)]),
  )
}
