import { createHash } from 'node:crypto'
import { canonicalJson } from '../domain/canonical-json.ts'

/** SHA-256 of content: the same for the same JSON, in whatever order its names are written. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}
