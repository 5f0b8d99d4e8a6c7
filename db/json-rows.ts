import { sql, type RawBuilder } from 'kysely'

/** NUL and halves of surrogate pairs, as `JSON.stringify` writes them. */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g

/**
 * A value as JSON text that PostgreSQL takes: what its text cannot hold becomes U+FFFD, so that one
 * caller's odd byte never fails a statement that others share.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  return text.includes('\\u') ? text.replaceAll(UNSTORABLE, '$1\uFFFD') : text
}

/** The same for a plain string: an id or a name. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

/**
 * Rows as a table expression: one parameter however many rows, one plan however many columns.
 * `columns` is written by us (`customer_id text, n int`), never by a caller.
 */
export function jsonRows(rows: readonly object[], columns: string): RawBuilder<unknown> {
  return sql`json_to_recordset(${jsonText(rows)}::json) as r(${sql.raw(columns)})`
}
