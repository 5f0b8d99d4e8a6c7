import type { JsonValue } from '../json.ts'

/** Longer names of sources are cut: they are for people to read. */
const SOURCE_MAX = 100

/** What an event says of where it comes from. */
export interface EventOrigin {
  /** The call. */
  readonly type: string
  /** `context.source` */
  readonly source: JsonValue | undefined
  /** `context.library.name` */
  readonly library: JsonValue | undefined
}

/** Who said it: `context.source`, else the library that sent it, else the call. */
export function eventSource({ type, source, library }: EventOrigin): string {
  const named = [source, library].find((each) => typeof each === 'string' && each !== '')
  return typeof named === 'string' ? named.slice(0, SOURCE_MAX) : type
}
