import type { JsonObject, JsonValue } from '../json.ts'
import type { PropertyShape } from './rule-book.ts'

/** Arrays inside arrays are looked through this deep; callers' data must not decide how deep we recurse. */
const NESTED_ARRAYS_MAX = 4

/**
 * The part of an event's properties that rules name; nothing else travels to the engine.
 *
 * Shape: a tree with the names of `shape` that the event has, in the shape's order. A scalar where
 * the shape goes on is left out; in an array each element is projected, one that has nothing left
 * becomes `{}`, so that positions and lengths stay what they were.
 */
export function projectProperties(properties: JsonObject, shape: PropertyShape): JsonObject {
  const kept: [string, JsonValue][] = []
  for (const [name, inner] of Object.entries(shape)) {
    if (!Object.hasOwn(properties, name)) continue
    const value = projectValue(properties[name]!, inner, NESTED_ARRAYS_MAX)
    if (value !== undefined) kept.push([name, value])
  }
  return Object.fromEntries(kept)
}

function projectValue(
  value: JsonValue,
  shape: PropertyShape | true,
  arraysLeft: number,
): JsonValue | undefined {
  if (shape === true) return value
  if (value === null || typeof value !== 'object') return undefined
  if (!Array.isArray(value)) return projectProperties(value, shape)
  if (arraysLeft === 0) return undefined
  return value.map((element) => projectValue(element, shape, arraysLeft - 1) ?? {})
}
