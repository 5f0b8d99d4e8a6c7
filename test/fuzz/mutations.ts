import fc from 'fast-check'

/** A change of one node of a definition, wherever it is. */
export interface Mutation {
  /** Picks the node: a number is taken modulo how many there are. */
  readonly at: number
  readonly change:
    | { readonly type: 'delete' }
    | { readonly type: 'duplicate' }
    | { readonly type: 'replace'; readonly by: unknown }
    /** By another node of the same definition. */
    | { readonly type: 'swap'; readonly with: number }
}

/** What is easily mistaken for something that it is not. */
const ODD_VALUES: readonly unknown[] = [
  '',
  ' ',
  'P0D',
  '-P1D',
  'PT30S',
  'P99Y',
  '2026-12-24',
  '2026-12-24T18:00:00Z',
  '9999-12-31T23:59:59Z',
  '25:00',
  'Europe/Madird',
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  's0',
  'end',
  'event.properties.x == 1',
  'entry',
  "count('X', 'P30D')",
  "count('X') ==",
  'true',
  'false',
  '[1,2,3].map(x, [1,2,3].map(y, x * y)) == []',
  '{{ customer.traits.x }}',
  '{% for i in (1..999999999) %}{{ i }}{% endfor %}',
  '{{',
  0,
  -1,
  1e308,
  0.1,
  null,
  true,
  [],
  {},
  [[]],
  { expr: '1 / 0' },
]

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(),
    change: fc.oneof(
      fc.constant({ type: 'delete' as const }),
      fc.constant({ type: 'duplicate' as const }),
      fc.constantFrom(...ODD_VALUES).map((by) => ({ type: 'replace' as const, by })),
      fc.jsonValue({ maxDepth: 2 }).map((by) => ({ type: 'replace' as const, by })),
      fc.nat().map((other) => ({ type: 'swap' as const, with: other })),
    ),
  }),
  { maxLength: 4 },
)

/** A copy of the definition with the changes made one after the other. */
export function mutated(definition: unknown, changes: readonly Mutation[]): unknown {
  let copy: unknown = structuredClone(definition)
  for (const { at, change } of changes) {
    const nodes = nodesOf(copy)
    const path = nodes[at % nodes.length] ?? []
    if (change.type === 'replace') copy = replaced(copy, path, () => change.by)
    if (change.type === 'delete') copy = replaced(copy, path, () => undefined)
    if (change.type === 'duplicate') copy = duplicated(copy, path)
    if (change.type === 'swap') {
      const other = valueAt(copy, nodes[change.with % nodes.length] ?? [])
      copy = replaced(copy, path, () => structuredClone(other))
    }
  }
  return copy
}

/** Paths of everything in it, itself first. */
function nodesOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [
    [],
    ...Object.entries(value).flatMap(([name, inner]) =>
      nodesOf(inner).map((path) => [name, ...path]),
    ),
  ]
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    value,
  )
}

/** `by` undefined takes the node out. */
function replaced(value: unknown, [name, ...rest]: readonly string[], by: () => unknown): unknown {
  if (name === undefined) return by()
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, key === name ? replaced(inner, rest, by) : inner] as const)
    .filter(([, inner]) => inner !== undefined)
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries)
}

/** The same node again, under another name or one place further on. */
function duplicated(value: unknown, path: readonly string[]): unknown {
  const name = path.at(-1)
  if (name === undefined) return value
  const owner = valueAt(value, path.slice(0, -1))
  const inner = valueAt(value, path)
  return replaced(value, path.slice(0, -1), () =>
    Array.isArray(owner)
      ? owner.toSpliced(Number(name), 0, structuredClone(inner))
      : { ...(owner as object), [`${name}2`]: structuredClone(inner) },
  )
}
