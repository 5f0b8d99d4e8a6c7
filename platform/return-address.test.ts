import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { findReturnAddress, readReturnAddress, returnAddress } from './return-address.ts'

const SETTINGS = { secret: 'only for these tests', domain: 'bounces.shop.example' }
const ID = '00a0b0c0-1111-4222-8333-4444deadbeef.17.3.email'
const ADDRESS = returnAddress(ID, SETTINGS) ?? ''

describe('a return address', () => {
  test('names its delivery, in small letters and in capitals', () => {
    for (const id of [
      ID,
      ...Array.from({ length: 200 }, (_, n) => `${randomUUID()}.${n}.1.email`),
    ]) {
      const address = returnAddress(id, SETTINGS) ?? ''
      expect(readReturnAddress(address, SETTINGS)).toBe(id)
      expect(readReturnAddress(address.toUpperCase(), SETTINGS)).toBe(id)
    }
  })

  test('is short enough for every server', () => {
    const longest = 'ffffffff-ffff-ffff-ffff-ffffffffffff.9999999.9999999.email'
    expect((returnAddress(longest, SETTINGS) ?? '').split('@')[0]?.length).toBeLessThanOrEqual(64)
  })

  test('is there for ids of actors only', () => {
    for (const id of ['c1.1.1.email', `${randomUUID()}.1.1.webhook`, `${randomUUID()}.email`])
      expect(returnAddress(id, SETTINGS)).toBeUndefined()
  })

  test('with one letter changed, of another deployment or another domain names nothing', () => {
    const local = ADDRESS.split('@')[0] ?? ''
    for (let at = 0; at < local.length; at++) {
      const other = local[at] === '0' ? '1' : '0'
      const forged = `${local.slice(0, at)}${other}${local.slice(at + 1)}@${SETTINGS.domain}`
      expect(readReturnAddress(forged, SETTINGS)).toBeUndefined()
    }
    expect(readReturnAddress(ADDRESS, { ...SETTINGS, secret: 'another' })).toBeUndefined()
    expect(readReturnAddress(`${local}@shop.example`, SETTINGS)).toBeUndefined()
    for (const text of ['', '@', 'bounce+@bounces.shop.example', 'bounce+...@bounces.shop.example'])
      expect(readReturnAddress(text, SETTINGS)).toBeUndefined()
  })

  test('is found in a report that quotes the message, among others that are forged', () => {
    const forged = ADDRESS.replace(/.@/, '_@').replace('_', ADDRESS.includes('0@') ? '1' : '0')
    const text = `Original-Mail-From: <${forged}>\r\n\r\nReturn-Path: <${ADDRESS}>\r\n`
    expect(findReturnAddress(text, SETTINGS)).toBe(ID)
    expect(findReturnAddress(`Original-Mail-From: <${forged}>`, SETTINGS)).toBeUndefined()
  })
})
