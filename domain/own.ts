/**
 * A member that is the record's own. Callers choose many of the names by which we look things up:
 * `constructor` must not be found on a prototype.
 */
export function own<T>(
  record: Readonly<Record<string, T>> | undefined,
  name: string,
): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}
