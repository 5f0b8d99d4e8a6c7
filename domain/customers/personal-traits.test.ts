import { describe, expect, test } from 'vitest'
import { PERSONAL_TRAITS, isPersonalTrait } from './personal-traits.ts'

describe('isPersonalTrait', () => {
  test.each([...PERSONAL_TRAITS, 'first_name', 'FIRSTNAME', 'E-Mail', 'phone number'])(
    'takes %s for personal',
    (name) => expect(isPersonalTrait(name)).toBe(true),
  )
  test.each(['plan', 'age', 'country', 'emailVerified', 'named', ''])(
    'does not take "%s" for personal',
    (name) => expect(isPersonalTrait(name)).toBe(false),
  )
})
