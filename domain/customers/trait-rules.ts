import { plainTraitName } from './personal-traits.ts'

/** What a trait is judged as before it is kept. */
export type TraitRule = 'email' | 'phone' | 'name' | 'language' | 'country' | 'zone'

/**
 * Which traits are judged, by which rule: as the Segment spec reserves them, with what people commonly
 * call them besides. All others are kept as they come. Compared without case, `_`, `-` and spaces.
 */
export const RULED_TRAITS: Readonly<Record<TraitRule, readonly string[]>> = {
  email: ['email', 'emailAddress'],
  phone: ['phone', 'phoneNumber', 'mobile'],
  name: [
    'name',
    'firstName',
    'lastName',
    'middleName',
    'fullName',
    'givenName',
    'familyName',
    'surname',
  ],
  language: ['language', 'locale'],
  country: ['country', 'countryCode'],
  zone: ['timezone'],
}

const rules: ReadonlyMap<string, TraitRule> = new Map(
  (Object.keys(RULED_TRAITS) as TraitRule[]).flatMap((rule) =>
    RULED_TRAITS[rule].map((name) => [plainTraitName(name), rule] as const),
  ),
)

/** The rule that a trait of that name is judged by; undefined for those that are kept as they come. */
export const ruleOf = (trait: string): TraitRule | undefined => rules.get(plainTraitName(trait))
