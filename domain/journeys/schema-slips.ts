import { pointerTo } from '../json-pointer.ts'
import { nearestName } from '../nearest-name.ts'

export type Path = readonly PropertyKey[]

/** What the schema refused, in our words. */
export interface Refusal {
  readonly code: string
  readonly path: Path
  readonly message: string
  /** There is no such field here. */
  readonly isUnknown?: true
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
      const message = `There is no field "${nameOf(refusal)}" here; do you mean "${name}"?`
      return name === undefined ? refusal : { ...refusal, message }
    })
}

const nameOf = ({ path }: Refusal): string => String(path.at(-1) ?? '')
const ownerOf = ({ path }: Refusal): string => pointerTo(path.slice(0, -1))
