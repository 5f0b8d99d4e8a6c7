import { z } from '@hono/zod-openapi'
import { DomainError } from '../domain/errors.ts'

/** A list's answer: at most as much as was asked for, and where to go on. */
export interface ListPage<Item> {
  data: Item[]
  nextCursor: string | null
}

/**
 * Makes a page of rows that were read with a limit of one more than asked for: the one more says
 * that there is a next page. `placeOf` is what the next query goes on from.
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => readonly (string | number | Date)[],
  toItem: (row: Row) => Item,
): ListPage<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return {
    data: shown.map(toItem),
    nextCursor: hasMore ? Buffer.from(JSON.stringify(placeOf(last))).toString('base64url') : null,
  }
}

/**
 * The place that a cursor of ours names.
 *
 * @throws {DomainError} `malformed`
 */
export function readCursor<Place>(
  cursor: string | undefined,
  place: z.ZodType<Place>,
): Place | undefined {
  if (cursor === undefined) return undefined
  const parsed = place.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString('utf8')))
  if (parsed.success) return parsed.data
  throw new DomainError('malformed', 'The cursor is not one of this list.', [
    {
      code: 'invalid_cursor',
      path: '/query/cursor',
      message: 'Take nextCursor of the page before, unchanged',
      severity: 'error',
    },
  ])
}

/** Instants in a cursor. */
export const cursorInstant = z.iso.datetime().transform((text) => new Date(text))

function parseJson(text: string): unknown {
  try {
    // The store has no place for NUL, and no cursor of ours has one.
    return text.includes('\\u0000') ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
