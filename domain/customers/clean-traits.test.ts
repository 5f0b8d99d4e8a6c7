import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { cleanTraits } from './clean-traits.ts'
import { ruleOf, RULED_TRAITS } from './trait-rules.ts'

const clean = (said: JsonObject, before: JsonObject = {}, defaultRegion?: string) =>
  cleanTraits(said, { before, defaultRegion })

describe('what cleanTraits() keeps', () => {
  test('traits without a rule pass as they came', () => {
    const said = { plan: 'pro', shoeSize: 38, address: { city: 'Lugo' } }
    expect(clean(said)).toEqual({ kept: said, findings: [], settled: [] })
    expect(clean(said).kept).toBe(said)
  })

  test.each([
    ['email', ' Ada@Example.COM ', 'Ada@example.com'],
    ['phone', '+49 170 1234567', '+491701234567'],
    ['firstName', '  Ada\u00a0  Maria\n', 'Ada Maria'],
    ['lastName', 'Mu\u0308ller', 'Müller'],
    ['language', 'pt_br', 'pt-BR'],
    ['locale', 'de_DE.UTF-8', 'de-DE'],
    ['language', 'iw', 'he'],
    ['country', 'de', 'DE'],
    ['country', 'DEU', 'DE'],
    ['country', 'UK', 'GB'],
    ['country', '276', 'DE'],
    ['country', 'united kingdom', 'GB'],
    ['country', "Côte d'Ivoire", 'CI'],
    ['timezone', 'europe/madrid', 'Europe/Madrid'],
    ['timezone', 'Europe/Kyiv', 'Europe/Kyiv'],
    ['timezone', 'Etc/GMT+3', 'Etc/GMT+3'],
    ['timezone', 'utc', 'UTC'],
  ])('%s %j becomes %j', (trait, said, value) => {
    const { kept, settled, findings } = clean({ [trait]: said })
    expect(kept).toEqual({ [trait]: value })
    expect(settled).toEqual([trait])
    expect(findings).toEqual([])
  })

  test('what is good stays as it is when it is said again', () => {
    const first = clean({
      email: 'Ada@Bücher.example',
      phone: '0170 1234567',
      country: 'Germany',
      name: ' Ada  L',
      locale: 'de_de',
      timezone: 'EUROPE/BERLIN',
    }).kept
    expect(clean(first).kept).toEqual(first)
  })

  test('null takes a trait away', () => {
    expect(clean({ email: null, phone: null })).toEqual({
      kept: { email: null, phone: null },
      findings: [],
      settled: ['email', 'phone'],
    })
  })
})

describe('what cannot be read is set aside', () => {
  test.each([
    ['email', 'ada@', 'no_domain'],
    ['email', '', 'empty'],
    ['email', 17, 'not_text'],
    ['emailAddress', 'ada', 'no_at_sign'],
    ['mobile', '0170 1234567', 'no_country'],
    ['phone_number', 'call me', 'not_a_number'],
    ['firstName', 'undefined', 'placeholder'],
    ['firstName', '{{ first_name }}', 'placeholder'],
    ['name', 'ada@example.com', 'looks_like_email'],
    ['name', 'win https://x.example now', 'looks_like_markup'],
    ['lastName', '12345', 'no_letters'],
    ['language', 'xx', 'unknown_language'],
    ['country', 'Atlantis', 'unknown_country'],
    ['country', 'ZZ', 'unknown_country'],
    ['country', 'EU', 'unknown_country'],
    ['timezone', '+02:00', 'unknown_zone'],
    ['timezone', 'CEST', 'unknown_zone'],
    ['timezone', 'Mars/Olympus', 'unknown_zone'],
  ])('%s %j: %s', (trait, value, problem) => {
    const { kept, findings, settled } = clean({ [trait]: value, plan: 'pro' })
    expect(kept).toEqual({ plan: 'pro' })
    expect(findings).toMatchObject([{ trait, kind: 'setAside', problem, value }])
    expect(settled).toEqual([])
  })

  test('with what was probably meant, where that can be told', () => {
    expect(clean({ language: 'German' }).findings).toMatchObject([{ suggestion: 'de' }])
    expect(clean({ email: 'mailto:ada@example.com' }).findings).toMatchObject([
      { suggestion: 'ada@example.com' },
    ])
  })

  test('people are called Null', () => {
    expect(clean({ lastName: 'Null' }).kept).toEqual({ lastName: 'Null' })
  })
})

describe('what is odd is kept and flagged', () => {
  test.each([
    ['email', 'ada@mailinator.com', 'disposable', null],
    ['email', 'info@example.com', 'role_address', null],
    ['email', 'ada@gmail.con', 'mistyped_domain', 'ada@gmail.com'],
    ['firstName', 'ADA-MARIA', 'letter_case', 'Ada-Maria'],
    ['lastName', "o'neil", 'letter_case', "O'Neil"],
  ])('%s %j: %s', (trait, value, problem, suggestion) => {
    const { kept, findings } = clean({ [trait]: value })
    expect(kept).toEqual({ [trait]: value })
    expect(findings).toEqual([{ trait, kind: 'flagged', problem, value: null, suggestion }])
  })

  test('names of scripts without capitals are not', () => {
    expect(clean({ name: '山田太郎' }).findings).toEqual([])
  })
})

describe('the country of a phone number', () => {
  const phone = '0170 1234567'
  test.each([
    ['is said with it', { country: 'DE' }, {}, undefined],
    ['is said with it by name', { address: { country: 'Germany' } }, {}, undefined],
    ['is known from before', {}, { country: 'DE' }, undefined],
    ['is in the address from before', {}, { address: { country: 'DE' } }, undefined],
    ['is that of the workspace', {}, {}, 'DE'],
    ['is said, whatever was before', { country: 'DE' }, { country: 'US' }, 'FR'],
  ])('%s', (_, said, before, region) => {
    expect(clean({ phone, ...said }, before, region).kept['phone']).toBe('+491701234567')
  })

  test('is not guessed from a country that was set aside', () => {
    expect(clean({ phone, country: 'Atlantis' }).kept).toEqual({})
  })
})

describe('the country in an address', () => {
  test('is normalised where it stands', () => {
    expect(clean({ address: { city: 'Lugo', country: 'Spain' } }).kept).toEqual({
      address: { city: 'Lugo', country: 'ES' },
    })
  })

  test('is set aside alone', () => {
    const { kept, findings } = clean({ address: { city: 'Lugo', country: 'Nowhere' } })
    expect(kept).toEqual({ address: { city: 'Lugo' } })
    expect(findings).toMatchObject([
      { trait: 'address.country', problem: 'unknown_country', value: 'Nowhere' },
    ])
  })
})

test('a trait has one rule, by whatever of its names', () => {
  const names = Object.values(RULED_TRAITS).flat()
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
  expect(['Email', 'first_name', 'phone-number', 'time zone'].map(ruleOf)).toEqual([
    'email',
    'name',
    'phone',
    'zone',
  ])
  expect(ruleOf('constructor')).toBeUndefined()
})
