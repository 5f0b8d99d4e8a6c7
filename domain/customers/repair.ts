import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { isSameJson } from '../same-json.ts'
import { ADDRESS_COUNTRY, cleanTraits, type TraitDoor, type TraitFinding } from './clean-traits.ts'

/** How values that were found wanting are repaired: by what was suggested, or by judging what was set aside again. */
export type RepairRule = 'suggestion' | 'again'

/** A trait of the profile before and after; null for none. */
export interface TraitChange {
  readonly trait: string
  readonly before: JsonValue
  readonly after: JsonValue
}

/** What a rule makes of a finding; null where it has no answer that the door would let in. */
export function proposeRepair(
  { trait, kind, value, suggestion }: Pick<TraitFinding, 'trait' | 'kind' | 'value' | 'suggestion'>,
  traits: JsonObject,
  { rule, ...door }: TraitDoor & { readonly rule: RepairRule },
): TraitChange | null {
  const wanted = rule === 'suggestion' ? suggestion : kind === 'setAside' ? value : null
  return wanted === null ? null : changeTo(trait, wanted, traits, door)
}

/** What a value makes of a trait, as the door would keep it; null where it would be set aside. */
export function changeTo(
  trait: string,
  value: JsonValue,
  traits: JsonObject,
  door: TraitDoor,
): TraitChange | null {
  const name = trait === ADDRESS_COUNTRY ? 'address' : trait
  const said = { [name]: trait === ADDRESS_COUNTRY ? withCountry(traits, value) : value }
  const { kept, findings } = cleanTraits(said, { ...door, before: traits })
  if (findings.some(({ kind }) => kind === 'setAside')) return null
  return { trait: name, before: own(traits, name) ?? null, after: own(kept, name) ?? null }
}

export interface CheckedTraits {
  readonly changes: readonly TraitChange[]
  /** What is to be set aside: its trait is taken away. */
  readonly findings: readonly TraitFinding[]
}

/** What the door would have made of a profile that came in before there was one. */
export function checkStored(traits: JsonObject, door: TraitDoor): CheckedTraits {
  const { kept, findings } = cleanTraits(traits, { ...door, before: traits })
  const changes = Object.keys(traits).flatMap((trait): TraitChange[] => {
    const [before, after] = [own(traits, trait) ?? null, own(kept, trait) ?? null]
    return isSameJson(before, after) ? [] : [{ trait, before, after }]
  })
  return { changes, findings }
}

function withCountry({ address }: JsonObject, country: JsonValue): JsonObject {
  const rest =
    address !== null && typeof address === 'object' && !Array.isArray(address) ? address : {}
  return { ...rest, country }
}
