import { child } from '../json-pointer.ts'
import type { JsonValue } from '../json.ts'
import type { Place } from './steps/step-spec.ts'

/** Every text at any depth of a JSON value, with its place under `path`. */
export function textsIn(path: string, value: JsonValue): Place[] {
  if (typeof value === 'string') return [{ path, value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => textsIn(child(path, name), inner))
}
