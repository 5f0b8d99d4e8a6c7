/** The pointer (RFC 6901) to member `name` of what `pointer` points to. */
export function child(pointer: string, name: string | number): string {
  return `${pointer}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The pointer that a list of names spells. */
export function pointerTo(names: readonly PropertyKey[]): string {
  return names.reduce<string>((pointer, name) => child(pointer, String(name)), '')
}
