import { describe, expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../json.ts'
import { profileZone } from './profile-zone.ts'

describe('profileZone', () => {
  test.each<[string, string, JsonObject, JsonObject, JsonValue | undefined, string]>([
    ['the profile', 'UTC', {}, { timezone: 'Asia/Tokyo' }, 'Europe/Madrid', 'Asia/Tokyo'],
    ['the device', 'UTC', {}, {}, 'Europe/Madrid', 'Europe/Madrid'],
    [
      'the only zone of a country',
      'UTC',
      {},
      { address: { country: 'FR' } },
      undefined,
      'Europe/Paris',
    ],
    ['UTC for a country with several', 'UTC', {}, { country: 'US' }, undefined, 'UTC'],
    ['UTC for no zone', 'UTC', {}, { timezone: 'Mars/Olympus' }, 'nonsense', 'UTC'],
    ['UTC for an offset', 'UTC', {}, { timezone: '+02:00' }, undefined, 'UTC'],
    [
      'what it was, when nothing is said',
      'Europe/Madrid',
      { a: 1 },
      { a: 2 },
      undefined,
      'Europe/Madrid',
    ],
    ['the device over the country', 'UTC', {}, { country: 'JP' }, 'Europe/Paris', 'Europe/Paris'],
    [
      'UTC when the profile forgets',
      'Asia/Tokyo',
      { timezone: 'Asia/Tokyo' },
      {},
      undefined,
      'UTC',
    ],
    [
      'the country when the profile forgets',
      'Asia/Tokyo',
      { timezone: 'Asia/Tokyo', country: 'FR' },
      { country: 'FR' },
      undefined,
      'Europe/Paris',
    ],
  ])('is %s', (_, zone, before, after, deviceZone, expected) => {
    expect(profileZone({ zone, before, after, deviceZone })).toBe(expected)
  })
})
