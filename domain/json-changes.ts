import { child } from './json-pointer.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { own } from './own.ts'
import { isSameJson } from './same-json.ts'

/** One value that is another now. `from` is absent where there was none, `to` where there is none any more. */
export interface Change {
  /** JSON pointer. */
  readonly path: string
  readonly from?: JsonValue
  readonly to?: JsonValue
}

/**
 * What is different in `to`, by name, then by place. Goes into objects, and into arrays of one length: with an element more or less nobody can say
 * which one was meant, so the whole array is what changed.
 */
export function changesIn(
  path: string,
  from: JsonValue | undefined,
  to: JsonValue | undefined,
): Change[] {
  if (isSameJson(from, to)) return []
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return from.flatMap((item, index) => changesIn(child(path, index), item, to[index]))
  if (isJsonObject(from) && isJsonObject(to))
    return namesOf(from, to).flatMap((name) =>
      changesIn(child(path, name), own(from, name), own(to, name)),
    )
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }]
}

/** The names of both, each once, sorted. */
export function namesOf(one: JsonObject, other: JsonObject): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].toSorted()
}

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
