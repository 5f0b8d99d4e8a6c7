import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createHttp, type Http } from '../http.ts'
import { startLocalHttp, type LocalHttp, type Reply } from '../local-http.cases.ts'
import { askReceipts } from './expo-receipts.ts'

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** As in Expo's documentation ("Push receipts") and its library for Node (expo-server-sdk-node). */
const failed = (error?: string) => ({
  status: 'error',
  message: 'The Apple Push Notification service failed to send the notification',
  ...(error === undefined ? {} : { details: { error } }),
})

describe('receipts of Expo', () => {
  let expo: LocalHttp
  let http: Http
  let take: Reply
  beforeEach(async () => {
    http = createHttp()
    expo = await startLocalHttp({
      take: () => take,
      refuse: () => json(401, { errors: [{ code: 'UNAUTHORIZED' }] }),
      throttle: () => json(429, {}, { 'retry-after': '60' }),
      fail: () => json(503, {}),
    })
  })
  afterEach(async () => {
    http.close()
    await expo.stop()
  })
  const ask = (...ids: string[]) =>
    askReceipts(http, { accessToken: 'expo-secret', baseUrl: expo.url }, ids, 1_000)

  test('say of each what became of it; what is not in them is not known yet', async () => {
    take = json(200, {
      data: {
        a: { status: 'ok' },
        b: failed('DeviceNotRegistered'),
        c: failed('MessageRateExceeded'),
        d: failed(),
        e: { status: 'pending' },
        other: { status: 'ok' },
      },
    })
    expect(await ask('a', 'b', 'c', 'd', 'e', 'f')).toEqual({
      type: 'answered',
      receipts: new Map([
        ['a', { kind: 'delivered' }],
        ['b', { kind: 'undelivered', permanent: true, reason: 'expo_devicenotregistered' }],
        ['c', { kind: 'undelivered', permanent: false, reason: 'expo_messagerateexceeded' }],
        ['d', { kind: 'undelivered', permanent: false, reason: 'expo_error' }],
      ]),
    })
    const [call] = expo.calls
    expect(call?.url).toBe('/--/api/v2/push/getReceipts')
    expect(call?.headers.authorization).toBe('Bearer expo-secret')
    expect(JSON.parse(call?.body ?? '')).toEqual({ ids: ['a', 'b', 'c', 'd', 'e', 'f'] })
  })

  test.each([
    ['refuse', { reason: 'http_401' }],
    ['throttle', { reason: 'http_429', afterMs: 60_000 }],
    ['fail for a while', { reason: 'http_503' }],
    ['break before taking', { reason: expect.stringMatching(/^http_/) }],
    ['stall', { reason: expect.stringMatching(/^http_/) }],
  ] as const)('are not to be had of a provider that does "%s"', async (conduct, answer) => {
    expo.conduct = conduct
    expect(await ask('a')).toEqual({ type: 'unavailable', ...answer })
  })

  test.each(['<html>', '{}', '{"data":null}'])(
    'that cannot be read are not to be had: %s',
    async (body) => {
      take = json(200, body)
      expect(await ask('a')).toEqual({ type: 'unavailable', reason: 'expo_unreadable' })
    },
  )
})
