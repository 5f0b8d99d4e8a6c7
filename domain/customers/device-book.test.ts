import { describe, expect, test } from 'vitest'
import { DeviceBook, deviceToken, isAboutDevices, type Device } from './device-book.ts'

const DAY_MS = 86_400_000
const phone = (token: string, name: string | null = 'Opened') => ({
  name,
  context: { device: { token, type: 'ios' }, app: { namespace: 'com.shop' } },
})
const gone = (token?: string) => ({
  name: 'Application Uninstalled',
  context: token === undefined ? null : { device: { token } },
})
const stored = (token: string, customerId: string, changes: Partial<Device> = {}): Device => ({
  token,
  customerId,
  platform: 'ios',
  app: 'com.shop',
  lastSeenAtMs: 1_000,
  removedAtMs: null,
  reason: null,
  ...changes,
})

test.each([
  [{ device: { token: 'abc' } }, 'abc'],
  [{ device: { token: 'a\nb' } }, null],
  [{ device: { token: '' } }, null],
  [{ device: { token: 7 } }, null],
  [{ device: 'abc' }, null],
  [{}, null],
  [null, null],
])('the token of %j is %j', (context, token) => {
  expect(deviceToken({ name: 'x', context })).toBe(token)
  expect(isAboutDevices({ name: 'x', context })).toBe(token !== null)
  expect(isAboutDevices({ name: 'Application Uninstalled', context })).toBe(true)
})

describe('a book of devices', () => {
  test('takes in a new one, with what is said of it', () => {
    const book = new DeviceBook([])
    expect(book.hear('a', phone('t1'), 5_000)).toBeNull()
    expect(book.has('a')).toBe(true)
    expect(book.changes()).toEqual([
      { device: stored('t1', 'a', { lastSeenAtMs: 5_000 }), before: null },
    ])
  })

  test('one that is seen again the same day is nothing new', () => {
    const book = new DeviceBook([stored('t1', 'a')])
    book.hear('a', phone('t1'), 1_000 + DAY_MS - 1)
    expect(book.changes()).toEqual([])
    book.hear('a', phone('t1'), 1_000 + DAY_MS)
    expect(book.changes()).toMatchObject([{ before: 'a' }])
  })

  test('one that turns up at another customer moves there', () => {
    const book = new DeviceBook([stored('t1', 'a')])
    expect(book.hear('b', phone('t1'), 2_000)).toBe('a')
    expect([book.has('a'), book.has('b')]).toEqual([false, true])
    expect(book.changes()).toMatchObject([{ device: { customerId: 'b' }, before: 'a' }])
  })

  test('what happened earlier moves nothing, and revives nothing', () => {
    const book = new DeviceBook([
      stored('t1', 'a', { lastSeenAtMs: 9_000 }),
      stored('t2', 'a', { removedAtMs: 9_000, reason: 'fcm_unregistered' }),
    ])
    expect(book.hear('b', phone('t1'), 8_000)).toBeNull()
    book.hear('a', phone('t2'), 8_000)
    book.hear('a', gone('t1'), 8_000)
    expect(book.changes()).toEqual([])
    book.hear('a', phone('t2'), 10_000)
    expect(book.changes()).toMatchObject([{ device: { token: 't2', removedAtMs: null } }])
  })

  test('an uninstallation takes the one that it names, else all of the customer', () => {
    const devices = [stored('t1', 'a'), stored('t2', 'a'), stored('t3', 'b')]
    const one = new DeviceBook(devices)
    one.hear('a', gone('t1'), 2_000)
    one.hear('a', gone('t3'), 2_000)
    expect(one.changes()).toMatchObject([
      { device: { token: 't1', removedAtMs: 2_000, reason: 'uninstalled' } },
    ])
    expect(one.has('a')).toBe(true)
    const all = new DeviceBook(devices)
    all.hear('a', gone(), 2_000)
    expect([all.has('a'), all.has('b')]).toEqual([false, true])
  })
})
