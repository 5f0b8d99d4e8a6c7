import type { Journey } from './journey.ts'

/** A name for people, and a word to editors: neither changes what happens to anybody. */
const SHAPES_NOTHING = new Set(['title', '$schema'])

/**
 * All of a definition that shapes its runs, and nothing else. Its hash is the version's: two
 * definitions with one hash do the same to everybody.
 */
export function runContent(journey: Journey): Partial<Journey> {
  return Object.fromEntries(Object.entries(journey).filter(([name]) => !SHAPES_NOTHING.has(name)))
}
