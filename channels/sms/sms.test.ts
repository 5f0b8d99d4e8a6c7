import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeChannel, type LocalProvider } from '../channel.cases.ts'
import { startLocalHttp, type LocalHttp, type Replies } from '../local-http.cases.ts'
import { createSmsChannel, type SmsSettings } from './index.ts'

const TO = '+351912345678'
const message: LocalProvider<'sms'>['message'] = (idempotencyKey) => ({
  idempotencyKey,
  to: TO,
  content: { text: 'Olá, Ada' },
  test: false,
})

const json = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const twilioError = (status: number, code: number) =>
  json(status, { code, message: `${TO} is not right`, more_info: '', status })

const TWILIO: Replies = {
  take: () => json(201, { sid: 'SM1', status: 'queued' }),
  refuse: () => twilioError(400, 21211),
  throttle: () =>
    json(429, { code: 20429, message: 'Too Many Requests' }, { 'retry-after': '120' }),
  fail: () => json(503, { code: 20503, message: 'Service unavailable' }),
}

const vonage = (...statuses: string[]) =>
  json(200, {
    'message-count': String(statuses.length),
    messages: statuses.map((status, n) =>
      status === '0'
        ? { to: '351912345678', 'message-id': `V${n}`, status }
        : { status, 'error-text': `${TO} is not right` },
    ),
  })

const VONAGE: Replies = {
  take: () => vonage('0'),
  refuse: () => vonage('6'),
  throttle: () => vonage('1'),
  fail: () => vonage('5'),
}

type LocalSms = LocalProvider<'sms'> & { readonly http: LocalHttp }

async function start(
  replies: Replies,
  settings: (baseUrl: string) => SmsSettings,
): Promise<LocalSms> {
  const http = await startLocalHttp(replies)
  return {
    http,
    channel: createSmsChannel(settings(http.url)),
    message,
    get conduct() {
      return http.conduct
    },
    set conduct(conduct) {
      http.conduct = conduct
    },
    get taken() {
      return http.calls.map(({ headers }) => String(headers['idempotency-key']))
    },
    stop: http.stop,
  }
}

const startTwilio = (replies: Partial<Replies> = {}, from = '+15005550006', publicUrl?: string) =>
  start({ ...TWILIO, ...replies }, (baseUrl) => ({
    publicUrl,
    provider: 'twilio',
    accountSid: 'AC1',
    authToken: 'secret',
    from,
    baseUrl,
  }))
const startVonage = (
  replies: Partial<Replies> = {},
  reports: { signatureSecret?: string; publicUrl?: string } = {},
) =>
  start({ ...VONAGE, ...replies }, (baseUrl) => ({
    ...reports,
    provider: 'vonage',
    apiKey: 'key',
    apiSecret: 'secret',
    from: 'Shop',
    baseUrl,
  }))

// No provider of SMS drops repeats: whenever no word comes back, nobody knows.
describeChannel('sms', startTwilio, { title: 'Twilio' })
describeChannel('sms', startVonage, { title: 'Vonage' })

describe('what each is asked and answers', () => {
  let local: LocalSms | undefined
  beforeEach(() => {
    local = undefined
  })
  afterEach(async () => {
    await local?.channel.close()
    await local?.stop()
  })
  const sendOver = async (started: Promise<LocalSms>, text = 'Olá, Ada') => {
    local = await started
    return local.channel.send({ ...message('run.1.sms'), content: { text } }, 1_000)
  }

  test('Twilio: a form, under the account', async () => {
    expect(await sendOver(startTwilio())).toEqual({ type: 'sent', providerId: 'SM1' })
    const [call] = local!.http.calls
    expect(call?.url).toBe('/2010-04-01/Accounts/AC1/Messages.json')
    expect(call?.headers.authorization).toBe(`Basic ${btoa('AC1:secret')}`)
    expect(Object.fromEntries(new URLSearchParams(call?.body))).toEqual({
      To: TO,
      From: '+15005550006',
      Body: 'Olá, Ada',
    })
  })

  test('Twilio: over a messaging service', async () => {
    const service = `MG${'0'.repeat(32)}`
    await sendOver(startTwilio({}, service))
    const form = Object.fromEntries(new URLSearchParams(local!.http.calls[0]?.body))
    expect(form).toEqual({ To: TO, MessagingServiceSid: service, Body: 'Olá, Ada' })
  })

  test('Twilio: asks for reports where it can reach us, each about one delivery', async () => {
    await sendOver(startTwilio({}, 'Shop', 'https://mail.shop.example/rumbo'))
    const form = new URLSearchParams(local!.http.calls[0]?.body)
    expect(form.get('StatusCallback')).toBe(
      'https://mail.shop.example/rumbo/v1/feedback/twilio?delivery=run.1.sms',
    )
  })

  test('Vonage: asks for reports where it can reach us, and where they can be believed', async () => {
    const publicUrl = 'https://mail.shop.example'
    const callbackOf = async (reports: { signatureSecret?: string; publicUrl?: string }) => {
      await sendOver(startVonage({}, reports))
      const { callback } = JSON.parse(local!.http.calls[0]?.body ?? '') as { callback?: string }
      await local!.channel.close()
      await local!.stop()
      return callback
    }
    expect(await callbackOf({ publicUrl, signatureSecret: 's' })).toBe(
      'https://mail.shop.example/v1/feedback/vonage',
    )
    expect(await callbackOf({ publicUrl })).toBeUndefined()
    expect(await callbackOf({ signatureSecret: 's' })).toBeUndefined()
    local = undefined
  })

  test.each([
    [400, 21211, { type: 'refused', reason: 'twilio_21211', dead: [TO] }],
    [400, 21610, { type: 'refused', reason: 'twilio_21610', dead: [TO] }],
    [400, 21614, { type: 'refused', reason: 'twilio_21614', dead: [TO] }],
    [400, 21617, { type: 'refused', reason: 'twilio_21617' }],
    [401, 20003, { type: 'unavailable', reason: 'twilio_20003' }],
    [500, 20500, { type: 'unavailable', reason: 'twilio_20500' }],
  ])('Twilio: %i with %i', async (status, code, answer) => {
    const said = await sendOver(startTwilio({ take: () => twilioError(status, code) }))
    expect(said).toEqual({ ...answer, detail: `${TO} is not right` })
  })

  test('Twilio: says how long to wait', async () => {
    local = await startTwilio()
    local.conduct = 'throttle'
    expect(await local.channel.send(message('k'), 1_000)).toMatchObject({ afterMs: 120_000 })
  })

  test('Vonage: JSON, as Unicode where it must be', async () => {
    expect(await sendOver(startVonage(), 'Olá')).toEqual({ type: 'sent', providerId: 'V0' })
    await local!.channel.send({ ...message('run.2.sms'), content: { text: 'Hola' } }, 1_000)
    const bodies = local!.http.calls.map(({ body }) => JSON.parse(body) as unknown)
    const shared = { api_key: 'key', api_secret: 'secret', from: 'Shop', to: '351912345678' }
    expect(bodies).toEqual([
      { ...shared, text: 'Olá', type: 'unicode', 'client-ref': 'run.1.sms' },
      { ...shared, text: 'Hola', 'client-ref': 'run.2.sms' },
    ])
  })

  test.each([
    [['7'], { type: 'refused', reason: 'vonage_7', dead: [TO] }],
    [['6'], { type: 'refused', reason: 'vonage_6' }],
    [['4'], { type: 'unavailable', reason: 'vonage_4' }],
    [['9'], { type: 'unavailable', reason: 'vonage_9' }],
    [['0', '1'], { type: 'unknown', reason: 'vonage_1' }],
  ])('Vonage: status %j', async (statuses, answer) => {
    const said = await sendOver(startVonage({ take: () => vonage(...statuses) }))
    expect(said).toEqual({ ...answer, detail: `${TO} is not right` })
  })

  test('Vonage: what cannot be read may have been taken', async () => {
    const said = await sendOver(startVonage({ take: () => ({ status: 200, body: '<html>' }) }))
    expect(said).toEqual({ type: 'unknown', reason: 'vonage_unreadable' })
  })

  test.each(['912345678', '+1 500 555', '', 'ada@example.com'])('"%s" is no number', async (to) => {
    local = await startTwilio()
    const answer = await local.channel.send({ ...message('k'), to }, 1_000)
    expect(answer).toMatchObject({ type: 'refused', reason: 'bad_address' })
    expect(local.taken).toEqual([])
  })

  test('a text that came out empty is not sent', async () => {
    expect(await sendOver(startTwilio(), '')).toEqual({ type: 'refused', reason: 'empty_text' })
  })

  test('without a provider nothing is sent', async () => {
    const answer = await createSmsChannel(undefined).send(message('k'), 1_000)
    expect(answer).toEqual({ type: 'refused', reason: 'no_sms_provider' })
  })
})
