import { createVerify, generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeChannel, type LocalProvider } from '../channel.cases.ts'
import { startLocalHttp, type Call, type LocalHttp, type Replies } from '../local-http.cases.ts'
import { createPushChannel } from './index.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const EXPO = 'ExponentPushToken[one]'

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const fcmError = (status: number, code: string, own?: string) =>
  json(status, {
    error: {
      code: status,
      status: code,
      message: 'token-one is not right',
      ...(own === undefined
        ? {}
        : {
            details: [
              {
                '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
                errorCode: own,
              },
            ],
          }),
    },
  })

const FCM: Replies = {
  take: () => json(200, { name: 'projects/shop/messages/1' }),
  refuse: () => fcmError(400, 'INVALID_ARGUMENT'),
  throttle: () => json(429, { error: { status: 'RESOURCE_EXHAUSTED' } }, { 'retry-after': '60' }),
  fail: () => fcmError(503, 'UNAVAILABLE', 'UNAVAILABLE'),
}

const tickets = (...errors: (string | null)[]) =>
  json(200, {
    data: errors.map((error, n) =>
      error === null
        ? { status: 'ok', id: `ticket-${n}` }
        : { status: 'error', message: 'one is not right', details: { error } },
    ),
  })

const EXPO_REPLIES: Replies = {
  take: () => tickets(null),
  refuse: () => tickets('MessageTooBig'),
  throttle: () => json(429, { errors: [{ code: 'TOO_MANY_REQUESTS' }] }, { 'retry-after': '60' }),
  fail: () => json(500, {}),
}

interface FcmMessage {
  readonly token: string
  readonly data: Record<string, string>
  readonly android: { readonly notification: { readonly tag: string } }
}
const fcmMessage = ({ body }: Call): FcmMessage =>
  (JSON.parse(body) as { message: FcmMessage }).message

type LocalPush = LocalProvider<'push'> & {
  readonly http: LocalHttp
  /** Calls for an access token. */
  readonly grants: readonly Call[]
}

async function start(of: 'fcm' | 'expo', replies: Replies, to: string): Promise<LocalPush> {
  const grants: Call[] = []
  const http = await startLocalHttp(replies, (call) => {
    if (call.url !== '/token') return undefined
    grants.push(call)
    return json(200, { access_token: `access-${grants.length}`, expires_in: 3_600 })
  })
  const account = {
    project_id: 'shop',
    client_email: 'rumbo@shop.example',
    private_key: privateKey,
    token_uri: `${http.url}/token`,
  }
  return {
    http,
    grants,
    channel: createPushChannel({
      [of]: { account, accessToken: 'expo-secret', baseUrl: http.url },
    }),
    message: (idempotencyKey) => ({
      idempotencyKey,
      to,
      content: { title: 'Hello', text: 'Your order is on its way', link: 'https://shop.example/o' },
      test: false,
    }),
    get conduct() {
      return http.conduct
    },
    set conduct(conduct) {
      http.conduct = conduct
    },
    get taken() {
      return http.calls.map((call) =>
        of === 'fcm'
          ? fcmMessage(call).android.notification.tag
          : (JSON.parse(call.body) as { data: { deliveryId: string } }[])
              .map(({ data }) => data.deliveryId)
              .join(),
      )
    },
    stop: http.stop,
  }
}

const startFcm = (replies: Partial<Replies> = {}, to = 'token-one') =>
  start('fcm', { ...FCM, ...replies }, to)
const startExpo = (replies: Partial<Replies> = {}, to = EXPO) =>
  start('expo', { ...EXPO_REPLIES, ...replies }, to)

// A device shows a repeat in place of what it has shown: a lost reply may be tried again.
describeChannel('push', startFcm, { title: 'FCM' })
describeChannel('push', startExpo, { title: 'Expo' })

describe('what each is asked and answers', () => {
  let local: LocalPush | undefined
  beforeEach(() => {
    local = undefined
  })
  afterEach(async () => {
    await local?.channel.close()
    await local?.stop()
  })
  const sendOver = async (started: Promise<LocalPush>) => {
    local = await started
    return local.channel.send(local.message('run.1.push'), 1_000)
  }

  test('FCM: a message for each device, one delivery', async () => {
    const answer = await sendOver(startFcm({}, 'token-one\ntoken-two'))
    expect(answer).toEqual({ type: 'sent', providerId: 'projects/shop/messages/1' })
    const [first] = local!.http.calls
    expect(first?.url).toBe('/v1/projects/shop/messages:send')
    expect(first?.headers.authorization).toBe('Bearer access-1')
    expect(local!.http.calls.map((call) => fcmMessage(call).token).toSorted()).toEqual([
      'token-one',
      'token-two',
    ])
    expect(fcmMessage(first!)).toMatchObject({
      notification: { title: 'Hello', body: 'Your order is on its way' },
      data: { deliveryId: 'run.1.push', link: 'https://shop.example/o' },
    })
  })

  test('FCM: the access token is asked for once, signed with the key of the account', async () => {
    await sendOver(startFcm({}, 'token-one\ntoken-two'))
    await local!.channel.send(local!.message('run.2.push'), 1_000)
    expect(local!.grants).toHaveLength(1)
    const assertion = new URLSearchParams(local!.grants[0]?.body).get('assertion') ?? ''
    const [head = '', claims = '', signature = ''] = assertion.split('.')
    const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`)
    expect(verify.verify(publicKey, signature, 'base64url')).toBe(true)
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: 'rumbo@shop.example',
      scope: 'https://www.googleapis.com/auth/firebase.messaging',
    })
  })

  test('FCM: an access token that is not taken any more is asked for anew', async () => {
    const refused = fcmError(401, 'UNAUTHENTICATED')
    expect(await sendOver(startFcm({ refuse: () => refused }))).toMatchObject({ type: 'sent' })
    local!.conduct = 'refuse'
    expect(await local!.channel.send(local!.message('k'), 1_000)).toMatchObject({
      type: 'unavailable',
      reason: 'fcm_unauthenticated',
    })
    local!.conduct = 'take'
    await local!.channel.send(local!.message('k'), 1_000)
    expect(local!.grants).toHaveLength(2)
  })

  test('FCM: a device that is gone is told, the other one has it', async () => {
    const gone = fcmError(404, 'NOT_FOUND', 'UNREGISTERED')
    const replies = {
      take: (call: Call) => (fcmMessage(call).token === 'old' ? gone : FCM.take(call)),
    }
    expect(await sendOver(startFcm(replies, 'old\ntoken-one'))).toMatchObject({
      type: 'sent',
      dead: ['old'],
    })
  })

  test('FCM: without any that lives it is refused', async () => {
    const gone = fcmError(404, 'NOT_FOUND', 'UNREGISTERED')
    expect(await sendOver(startFcm({ take: () => gone }))).toEqual({
      type: 'refused',
      reason: 'fcm_unregistered',
      detail: 'token-one is not right',
      dead: ['token-one'],
    })
  })

  test('says how long to wait', async () => {
    for (const started of [startFcm, startExpo]) {
      const one = await started()
      one.conduct = 'throttle'
      expect(await one.channel.send(one.message('k'), 1_000)).toMatchObject({ afterMs: 60_000 })
      await one.channel.close()
      await one.stop()
    }
  })

  test('Expo: all devices in one call', async () => {
    const two = `${EXPO}\nExponentPushToken[two]`
    const replies = { take: () => tickets('DeviceNotRegistered', null) }
    expect(await sendOver(startExpo(replies, two))).toEqual({
      type: 'sent',
      providerId: 'ticket-1',
      dead: [EXPO],
      tickets: [{ ticketId: 'ticket-1', token: 'ExponentPushToken[two]' }],
    })
    const [call] = local!.http.calls
    expect(call?.url).toBe('/--/api/v2/push/send')
    expect(call?.headers.authorization).toBe('Bearer expo-secret')
    expect(JSON.parse(call?.body ?? '')).toEqual(
      two.split('\n').map((to) => ({
        to,
        title: 'Hello',
        body: 'Your order is on its way',
        data: { deliveryId: 'run.1.push', link: 'https://shop.example/o' },
      })),
    )
  })

  test('a device of a provider that is not set up is refused, without harm to it', async () => {
    expect(await sendOver(startFcm({}, EXPO))).toEqual({
      type: 'refused',
      reason: 'no_push_provider',
    })
  })
})
