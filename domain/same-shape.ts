import type { JsonValue } from './json.ts'

/** `T` without `readonly`, all the way down: as a schema reads it. */
export type Writable<T> = [JsonValue] extends [T]
  ? T
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T

/** `true` where two types are one; else nothing satisfies it. */
export type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never
