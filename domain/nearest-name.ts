/** Which of the known names somebody most likely meant: the only file that measures how alike texts are. */
import { distance } from 'fastest-levenshtein'

/** Longer names are compared by their beginnings, which bounds the work. */
const COMPARED_MAX = 64
/** More names than anybody has; beyond it the first are looked at. */
const NAMES_MAX = 5_000

/** Two letters that changed places count as two. */
const DIFFERENCES_MAX = 3

/**
 * The name closest to `name`, or null where none is so close that it could be a slip: three
 * characters differ at most, of short names fewer, capitals aside.
 *
 * Cost: some microseconds a known name.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const wanted = comparable(name)
  let nearest: string | null = null
  let least = Math.min(DIFFERENCES_MAX, Math.max(1, Math.floor(wanted.length * 0.4))) + 1
  let left = NAMES_MAX
  for (const each of known) {
    if (left-- === 0) break
    if (each === name || Math.abs(each.length - name.length) >= least) continue
    const differs = distance(wanted, comparable(each))
    if (differs >= least) continue
    nearest = each
    least = differs
  }
  return nearest
}

const comparable = (name: string): string => name.slice(0, COMPARED_MAX).toLowerCase()
