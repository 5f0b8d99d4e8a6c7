import type { PropertyShape } from './rule-book.ts'

/** Everything that either shape names, by name. A whole value includes its parts. */
export function mergeShapes(a: PropertyShape, b: PropertyShape): PropertyShape {
  const merged = new Map<string, PropertyShape | true>(Object.entries(a))
  for (const [name, part] of Object.entries(b)) {
    const known = merged.get(name)
    const isWhole = known === true || part === true
    merged.set(name, isWhole ? true : known === undefined ? part : mergeShapes(known, part))
  }
  return Object.fromEntries([...merged].toSorted(([x], [y]) => (x < y ? -1 : 1)))
}
