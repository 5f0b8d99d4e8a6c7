import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import type { AdPlatform } from '../journeys/values.ts'
import { audienceSync } from './audience-sync.ts'

const to = (traits: JsonObject, platform: AdPlatform) =>
  audienceSync.destination(traits, { url: '', list: 'l', action: 'add', platform })

describe('identifiers before they are hashed', () => {
  test.each<[string, AdPlatform, string]>([
    [' User.Name+NYC@Example.com ', 'google', 'email:user.name+nyc@example.com'],
    ['Cloudy.SanFrancisco+Shopping@gmail.com', 'google', 'email:cloudysanfrancisco@gmail.com'],
    ['cloudy.sanfrancisco@googlemail.com', 'google', 'email:cloudysanfrancisco@googlemail.com'],
    [
      'Cloudy.SanFrancisco+Shopping@gmail.com',
      'meta',
      'email:cloudy.sanfrancisco+shopping@gmail.com',
    ],
  ])('%s for %s', (email, platform, expected) => {
    expect(to({ email }, platform)).toBe(expected)
  })

  test.each<[AdPlatform, string]>([
    ['google', 'phone:+351912345678'],
    ['meta', 'phone:351912345678'],
  ])('a number for %s', (platform, expected) => {
    expect(to({ phone: '+351 912 345 678' }, platform)).toBe(expected)
  })

  test('both, where there are both; nowhere, where there is neither', () => {
    expect(to({ email: 'ada@example.com', phone: '+351912345678' }, 'meta')).toBe(
      'email:ada@example.com\nphone:351912345678',
    )
    expect(to({ email: 'ada@', phone: '12' }, 'meta')).toBeNull()
    expect(audienceSync.destination({ email: 'ada@example.com' }, undefined)).not.toBeNull()
  })
})
