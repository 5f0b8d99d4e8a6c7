/**
 * Names that hold personal data, as the Segment spec reserves them, with what people commonly call
 * them besides. Their values never reach the engine: conditions may ask `has('email')` and no more,
 * templates are rendered by the send. Compared without case, `_`, `-` and spaces.
 */
export const PERSONAL_TRAITS = [
  'address',
  'avatar',
  'birthDate',
  'birthday',
  'dateOfBirth',
  'email',
  'emailAddress',
  'familyName',
  'firstName',
  'fullName',
  'givenName',
  'ip',
  'ipAddress',
  'lastName',
  'middleName',
  'mobile',
  'name',
  'phone',
  'phoneNumber',
  'postalCode',
  'street',
  'surname',
  'username',
  'website',
  'zip',
  'zipCode',
] as const

const personal: ReadonlySet<string> = new Set(PERSONAL_TRAITS.map(plainTraitName))

/** Whether a trait or property of that name is taken to hold personal data. */
export function isPersonalTrait(name: string): boolean {
  return personal.has(plainTraitName(name))
}

/** How names of traits are compared. */
export function plainTraitName(name: string): string {
  return name.toLowerCase().replaceAll(/[_\-\s]/g, '')
}
