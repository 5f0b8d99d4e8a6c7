import { expect, test } from 'vitest'
import { smsLength } from './sms-segments.ts'

test.each([
  ['', 'gsm7', 0, 1],
  ['Hello', 'gsm7', 5, 1],
  ['a'.repeat(160), 'gsm7', 160, 1],
  ['a'.repeat(161), 'gsm7', 161, 2],
  ['a'.repeat(306), 'gsm7', 306, 2],
  ['a'.repeat(307), 'gsm7', 307, 3],
  ['€'.repeat(80), 'gsm7', 160, 1],
  // 153 is odd: the escape and its character stay together.
  ['€'.repeat(153), 'gsm7', 306, 3],
  ['Olá', 'ucs2', 3, 1],
  ['Adiós', 'ucs2', 5, 1],
  ['ñ'.repeat(160), 'gsm7', 160, 1],
  ['á'.repeat(70), 'ucs2', 70, 1],
  ['á'.repeat(71), 'ucs2', 71, 2],
  ['😀'.repeat(35), 'ucs2', 70, 1],
  // 67 is odd: no half of an emoji.
  ['😀'.repeat(67), 'ucs2', 134, 3],
])('%j', (text, encoding, units, segments) => {
  expect(smsLength(text)).toEqual({ encoding, units, segments })
})
