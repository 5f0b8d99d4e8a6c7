import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'

const DEFINITION_BYTES_MAX = 256 * 1024
export const STEPS_MAX = 500
const DEPTH_MAX = 32

/**
 * What makes a definition too much to look at: size, depth, names that JavaScript keeps for itself.
 * With such a finding nothing else is checked.
 */
export function limitFindings(definition: unknown): Finding[] {
  const findings: Finding[] = []
  const stack: { value: unknown; path: string; depth: number }[] = [
    { value: definition, path: '', depth: 0 },
  ]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { value, path, depth } = top
    if (typeof value !== 'object' || value === null) continue
    if (depth > DEPTH_MAX)
      return [
        {
          code: 'too_deep',
          path,
          message: `The definition is nested more than ${DEPTH_MAX} levels deep; make it flatter.`,
          severity: 'error',
        },
      ]
    for (const [name, inner] of Object.entries(value)) {
      const place = child(path, name)
      if (name === '__proto__')
        findings.push({
          code: 'bad_name',
          path: place,
          message: '"__proto__" cannot be a name; take another.',
          severity: 'error',
        })
      stack.push({ value: inner, path: place, depth: depth + 1 })
    }
  }
  const bytes = utf8Length(JSON.stringify(definition) ?? '')
  if (bytes > DEFINITION_BYTES_MAX)
    findings.push({
      code: 'definition_too_large',
      path: '',
      message: `The definition has ${Math.ceil(bytes / 1024)} KB, and at most ${DEFINITION_BYTES_MAX / 1024} KB are taken; shorten its messages or split the journey.`,
      severity: 'error',
    })
  return findings
}

/** Bytes of `text` in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
