import type { Finding } from './errors.ts'

/** Names that stand twice in a list of a document, where each must be one of its own. */
export function duplicateNames(
  named: readonly { readonly path: string; readonly name: string }[],
): Finding[] {
  const seen = new Set<string>()
  return named.flatMap(({ path, name }): Finding[] => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [
      {
        code: 'duplicate_name',
        path,
        message: `"${name}" stands here twice; give it another name, or take it out.`,
        severity: 'error',
      },
    ]
  })
}
