import type { JsonObject, JsonValue } from './json.ts'

/** Whether two JSON values say the same. The order of an object's keys says nothing; that of an array does. */
export function isSameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => isSameJson(item, b[index]))
  }
  if (Array.isArray(b)) return false
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => hasSame(a, b, name))
}

const hasSame = (a: JsonObject, b: JsonObject, name: string): boolean =>
  Object.hasOwn(b, name) && isSameJson(a[name], b[name])
