import { describe, expect, test } from 'vitest'
import { changeTo, checkStored, proposeRepair } from './repair.ts'

const aside = { kind: 'setAside', trait: 'phone', value: '0170 1234567', suggestion: null } as const

describe('proposeRepair()', () => {
  test('takes a suggestion, and nothing where there is none', () => {
    const flagged = {
      kind: 'flagged',
      trait: 'email',
      value: null,
      suggestion: 'ada@gmail.com',
    } as const
    const traits = { email: 'ada@gmai.com' }
    const rule = { rule: 'suggestion' } as const
    expect(proposeRepair(flagged, traits, rule)).toEqual({
      trait: 'email',
      before: 'ada@gmai.com',
      after: 'ada@gmail.com',
    })
    expect(proposeRepair({ ...flagged, suggestion: null }, traits, rule)).toBeNull()
  })

  test('judges what was set aside again, and leaves what is still bad', () => {
    const again = (defaultRegion: string | undefined) =>
      proposeRepair(aside, {}, { rule: 'again', defaultRegion })
    expect(again('DE')).toEqual({ trait: 'phone', before: null, after: '+491701234567' })
    expect(again(undefined)).toBeNull()
  })

  test('knows the country that became known meanwhile', () => {
    const wish = { rule: 'again' } as const
    expect(proposeRepair(aside, { country: 'DE' }, wish)).toMatchObject({ after: '+491701234567' })
  })
})

test('changeTo() puts a country into the address where it belongs', () => {
  expect(changeTo('address.country', 'Spain', { address: { city: 'Lugo' } }, {})).toEqual({
    trait: 'address',
    before: { city: 'Lugo' },
    after: { city: 'Lugo', country: 'ES' },
  })
  expect(changeTo('address.country', 'Nowhere', {}, {})).toBeNull()
})

test('checkStored() says what the door would have made of a profile', () => {
  const { changes, findings } = checkStored(
    { email: 'nobody', country: 'Germany', plan: 'pro', timezone: 'Europe/Berlin' },
    {},
  )
  expect(changes).toEqual([
    { trait: 'email', before: 'nobody', after: null },
    { trait: 'country', before: 'Germany', after: 'DE' },
  ])
  expect(findings).toMatchObject([{ trait: 'email', problem: 'no_at_sign', value: 'nobody' }])
})
