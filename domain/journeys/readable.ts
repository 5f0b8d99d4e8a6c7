import type { ZodType } from 'zod'
import { child } from '../json-pointer.ts'
import type { Placed } from './journey-parts.ts'

/** What can be read of a document that as a whole cannot: each part that is well-formed by itself. */

/** An object, and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Its members; none where it is no object. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

/** What the schema makes of it; null where it cannot be read. */
export function readOne<T>(schema: ZodType<T>, value: unknown): T | null {
  const { data } = schema.safeParse(value)
  return data ?? null
}

/** The items of a list that can be read, each with its place. */
export function readList<T>(path: string, schema: ZodType<T>, list: unknown): Placed<T>[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item, index) => {
    const part = readOne(schema, item)
    return part === null ? [] : [{ path: child(path, index), part }]
  })
}

/** The members of a map by name; null for one that cannot be read. */
export function readMap<T>(schema: ZodType<T>, map: unknown): Map<string, T | null> {
  return new Map(
    Object.entries(membersOf(map)).map(([name, value]) => [name, readOne(schema, value)]),
  )
}
