import { expect, test } from 'vitest'
import { sms } from './sms.ts'

test.each([
  [{ phone: '+351 912 345 678' }, '+351912345678'],
  [{ phone: '912 345 678' }, null],
  [{ phone: '' }, null],
  [{ phone: 7 }, null],
  [{}, null],
])('%j is texted at %j', (traits, address) => {
  expect(sms.destination(traits, undefined)).toBe(address)
})

test('numbers are compared as E.164', () => {
  expect(sms.plain(' +351 912-345-678 ')).toBe('+351912345678')
  expect(sms.plain(' 12 ')).toBe('12')
})

test('a long text is worth a word, what its templates print is not counted', () => {
  const found = (text: string) => sms.findings?.('/messages/a/sms', { text }) ?? []
  expect(found('a'.repeat(459))).toEqual([])
  expect(found(`${'a'.repeat(459)}{{ customer.traits.${'x'.repeat(500)} }}`)).toEqual([])
  expect(found('a'.repeat(460))).toMatchObject([
    { code: 'long_sms', path: '/messages/a/sms/text', severity: 'warning' },
  ])
  expect(found('á'.repeat(202))[0]?.message).toContain('4 SMS, since it has characters')
})
