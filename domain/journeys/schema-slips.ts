import type { core } from 'zod'
import { pointerTo } from '../json-pointer.ts'
import { nearestName } from '../nearest-name.ts'
import { own } from '../own.ts'

export type Path = readonly PropertyKey[]

/** What the schema refused, in our words. */
export interface Refusal {
  readonly code: string
  readonly path: Path
  readonly message: string
  /** There is no such field here. */
  readonly isUnknown?: true
  /** What was meant is known already. */
  readonly isSlip?: true
}

/** A field that is missing beside one that nobody knows was most often misspelt: one slip, told once. */
export function withSlips(refusals: readonly Refusal[]): Refusal[] {
  const lacking = new Map<string, Map<string, Refusal>>()
  for (const refusal of refusals) {
    if (refusal.code !== 'missing_field') continue
    const owner = ownerOf(refusal)
    lacking.set(owner, (lacking.get(owner) ?? new Map()).set(nameOf(refusal), refusal))
  }
  const meant = new Map<Refusal, string>()
  const told = new Set<Refusal>()
  for (const refusal of refusals) {
    if (refusal.code !== 'unknown_field') continue
    const beside = lacking.get(ownerOf(refusal))
    const nearest = beside === undefined ? null : nearestName(nameOf(refusal), beside.keys())
    const other = nearest === null ? undefined : beside?.get(nearest)
    if (nearest === null || other === undefined) continue
    meant.set(refusal, nearest)
    told.add(other)
    beside?.delete(nearest)
  }
  return refusals
    .filter((refusal) => !told.has(refusal))
    .map((refusal) => {
      const name = meant.get(refusal)
      return name === undefined ? refusal : meaning(refusal, name)
    })
}

/** The same refusal of an unknown field, with the nearest one that there is at its place. */
export function withNearestField(schema: core.$ZodType, refusal: Refusal): Refusal {
  if (refusal.isSlip === true) return refusal
  const nearest = nearestName(nameOf(refusal), fieldsAt(schema, refusal.path.slice(0, -1)))
  return nearest === null ? refusal : meaning(refusal, nearest)
}

const meaning = (refusal: Refusal, name: string): Refusal => ({
  ...refusal,
  message: `There is no field "${nameOf(refusal)}" here; do you mean "${name}"?`,
  isSlip: true,
})

/** Names of the fields that an object at this place may have, in any variant of it. */
function fieldsAt(schema: core.$ZodType, path: Path): string[] {
  const { def } = (schema as core.$ZodTypes)._zod
  const [name, ...rest] = path
  switch (def.type) {
    case 'object': {
      if (name === undefined) return Object.keys(def.shape)
      const inner = own(def.shape, String(name))
      return inner === undefined ? [] : fieldsAt(inner, rest)
    }
    case 'array':
      return fieldsAt(def.element, rest)
    case 'record':
      return fieldsAt(def.valueType, rest)
    case 'optional':
      return fieldsAt(def.innerType, path)
    case 'union':
      return def.options.flatMap((option) => fieldsAt(option, path))
    default:
      return []
  }
}

const nameOf = ({ path }: Refusal): string => String(path.at(-1) ?? '')
const ownerOf = ({ path }: Refusal): string => pointerTo(path.slice(0, -1))
