import { createHmac, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { startLocalHttp } from '../../channels/local-http.cases.ts'
import { createSmsChannel } from '../../channels/sms/index.ts'
import { createTestApi, type TestApi } from '../../test/support/api.ts'
import { createTestCertificate } from '../../test/support/certificate.ts'
import { describeOnEachDatabase } from '../../test/support/database.ts'
import { Deliveries } from '../../test/support/deliveries.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const SENDGRID = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
const MAILGUN = 'a-signing-key-for-tests'
const POSTMARK = 'rumbo:a_password_for_tests'
const MESSAGE_ID = '<ada.1.1.email@shop.example>'

describeOnEachDatabase('POST /v1/feedback/{provider}', (db) => {
  let api: TestApi
  beforeEach(async () => {
    await new Deliveries(db()).beginWithOne('ada', { provider_id: MESSAGE_ID })
    api = await createTestApi(db(), {
      feedbackKeys: { sendgrid: SENDGRID, mailgun: MAILGUN, postmark: POSTMARK },
    })
  })
  const sendGrid = (events: unknown, tampered?: string) => {
    const signedAt = '1588788367'
    const body = JSON.stringify(events)
    const signature = sign('sha256', Buffer.from(signedAt + body), privateKey).toString('base64')
    return api.request('POST /v1/feedback/sendgrid', {
      key: null,
      body: tampered ?? body,
      headers: {
        'x-twilio-email-event-webhook-signature': signature,
        'x-twilio-email-event-webhook-timestamp': signedAt,
      },
    })
  }
  // Of one instant: what is sent again is the same to the byte.
  const timestamp = String(Math.floor(Date.now() / 1000))
  const mailgun = (event: object, token: string = randomUUID()) => {
    const signature = createHmac('sha256', MAILGUN)
      .update(timestamp + token)
      .digest('hex')
    const headers = { 'message-id': MESSAGE_ID.slice(1, -1) }
    return api.request('POST /v1/feedback/mailgun', {
      key: null,
      body: {
        signature: { timestamp, token, signature },
        'event-data': { message: { headers }, ...event },
      },
    })
  }
  const postmark = (event: object, key = POSTMARK) =>
    api.request('POST /v1/feedback/postmark', {
      key: null,
      body: { RecordType: 'Bounce', Metadata: { delivery: 'ada.1.1.email' }, ...event },
      headers: { authorization: `Basic ${Buffer.from(key).toString('base64')}` },
    })
  const names = async () =>
    (await db().selectFrom('events').select('name').where('type', '=', 'track').execute()).map(
      ({ name }) => name,
    )
  const blocked = () => db().selectFrom('blocked_addresses').select('address').execute()
  const BOUNCE = {
    event: 'bounce',
    type: 'bounce',
    status: '5.1.1',
    'smtp-id': MESSAGE_ID,
    email: 'somebody-else@example.com',
  }

  test('SendGrid: each event of a call; the address is the one that we wrote to', async () => {
    const answer = await sendGrid([BOUNCE, BOUNCE, { ...BOUNCE, event: 'delivered' }])
    expect([answer.status, await answer.json()]).toEqual([200, { received: 3, recorded: 1 }])
    expect(await names()).toEqual(['Email Bounced'])
    expect(await blocked()).toEqual([{ address: 'ada@example.com' }])
    expect(api.pending).toEqual(['ada'])
  })

  test('SendGrid: what is tampered with changes nothing', async () => {
    const answer = await sendGrid([BOUNCE], JSON.stringify([{ ...BOUNCE, event: 'spamreport' }]))
    expect(answer.status).toBe(403)
    expect(await names()).toEqual([])
  })

  test('Mailgun: a bounce, a complaint', async () => {
    const answer = await mailgun({ event: 'failed', severity: 'permanent', reason: 'bounce' })
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1, recorded: 1 }])
    await mailgun({ event: 'complained' })
    expect(await names()).toEqual(['Email Bounced', 'Email Marked as Spam'])
  })

  test('Mailgun: a token that was seen once serves for no other call, and for a repeat', async () => {
    const token = randomUUID()
    const delivered = { event: 'delivered' }
    expect((await mailgun(delivered, token)).status).toBe(200)
    expect((await mailgun({ event: 'complained' }, token)).status).toBe(403)
    expect((await mailgun(delivered, token)).status).toBe(200)
    expect(await names()).toEqual([])
  })

  test('Postmark: a bounce, a complaint, each once', async () => {
    const answer = await postmark({ Type: 'HardBounce' })
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1, recorded: 1 }])
    expect(await (await postmark({ Type: 'HardBounce' })).json()).toMatchObject({ recorded: 0 })
    await postmark({ RecordType: 'SpamComplaint' })
    expect(await names()).toEqual(['Email Bounced', 'Email Marked as Spam'])
    expect(await blocked()).toEqual([{ address: 'ada@example.com' }])
  })

  test('Postmark: who does not know the password changes nothing, nor does a mail that is not ours', async () => {
    expect((await postmark({ Type: 'HardBounce' }, 'rumbo:guessed')).status).toBe(403)
    const other = await postmark({ Type: 'HardBounce', Metadata: { delivery: 'x.1.1.email' } })
    expect(await other.json()).toEqual({ received: 1, recorded: 0 })
    expect(await names()).toEqual([])
  })

  test('a mail of somebody else changes nothing, and is counted', async () => {
    const others = ['<ada.1.1.email@other.example>', '<x.1.1.email@shop.example>', '<a b@c>']
    const answer = await sendGrid([
      ...others.map((id) => ({ ...BOUNCE, 'smtp-id': id })),
      { event: 'bounce' },
    ])
    expect(await answer.json()).toEqual({ received: 4, recorded: 0 })
    await sendGrid([], '[]')
    const report = await api.request('GET /v1/reports/feedback?days=1')
    const day = new Date().toISOString().slice(0, 10)
    expect(await report.json()).toEqual({
      data: [{ day, source: 'sendgrid', kind: 'bounce', verdict: 'unknown', count: 4 }],
    })
  })

  test('one that nobody signed is counted as forged', async () => {
    const body = { signature: { timestamp: '1', token: 'a', signature: 'b' }, 'event-data': {} }
    for (const provider of ['mailgun', 'sendgrid', 'postmark'])
      expect((await api.request(`POST /v1/feedback/${provider}`, { key: null, body })).status).toBe(
        403,
      )
    const report = await (await api.request('GET /v1/reports/feedback')).json()
    const forged = { kind: 'none', verdict: 'forged', count: 1 }
    expect(report).toMatchObject({ data: [forged, forged, forged] })
  })

  test('one whose key is not set, or that is not known, is not there', async () => {
    api = await createTestApi(db(), { feedbackKeys: { mailgun: MAILGUN } })
    expect((await sendGrid([BOUNCE])).status).toBe(404)
    const unknown = await api.request('POST /v1/feedback/pigeon', { key: null, body: {} })
    expect(unknown.status).toBe(400)
  })

  test('a body has an end', async () => {
    const answer = await sendGrid([], 'x'.repeat(3 * 1024 * 1024))
    expect(answer.status).toBe(413)
  })
})

const AUTH_TOKEN = 'a-token-for-tests'
const SIGNATURE_SECRET = 'a-signature-secret-for-tests'
const PUBLIC_URL = 'https://mail.shop.example/rumbo'
const PHONE = '+351912345678'

describeOnEachDatabase('POST /v1/feedback/{twilio,vonage}', (db) => {
  let api: TestApi
  beforeEach(async () => {
    await new Deliveries(db()).beginWithOne('ada', {
      delivery_id: 'ada.1.1.sms',
      channel: 'sms',
      to_address: PHONE,
      provider_id: 'SM1',
    })
    api = await createTestApi(db(), {
      feedbackKeys: { twilio: AUTH_TOKEN, vonage: SIGNATURE_SECRET },
      publicUrl: PUBLIC_URL,
    })
  })
  const twilio = (
    params: Record<string, string>,
    {
      search = '?delivery=ada.1.1.sms',
      signedSearch = search,
      token = AUTH_TOKEN,
    }: { search?: string; signedSearch?: string; token?: string } = {},
  ) => {
    const form = { AccountSid: 'AC1', MessageSid: 'SM1', To: PHONE, ...params }
    const path = '/v1/feedback/twilio'
    const text = Object.entries(form)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .flat()
      .join('')
    const signature = createHmac('sha1', token)
      .update(`${PUBLIC_URL}${path}${signedSearch}${text}`)
      .digest('base64')
    return api.request(`POST ${path}${search}`, {
      key: null,
      body: new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': signature,
      },
    })
  }
  const vonage = (changes: Record<string, string>, as: 'json' | 'form' = 'json') => {
    const params = {
      msisdn: '351912345678',
      messageId: 'V0',
      status: 'delivered',
      'err-code': '0',
      'client-ref': 'ada.1.1.sms',
      timestamp: '1577880000',
      nonce: 'b1e1a1c0',
      ...changes,
    }
    const text = Object.entries(params)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `&${name}=${value}`)
      .join('')
    const sig = createHmac('sha256', SIGNATURE_SECRET).update(text).digest('hex').toUpperCase()
    const signed = { ...params, sig: changes['sig'] ?? sig }
    return api.request('POST /v1/feedback/vonage', {
      key: null,
      body: as === 'json' ? signed : new URLSearchParams(signed).toString(),
      ...(as === 'json'
        ? {}
        : { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    })
  }
  const events = () =>
    db().selectFrom('events').select(['name', 'properties']).where('type', '=', 'track').execute()
  const blocked = () =>
    db().selectFrom('blocked_addresses').select(['channel', 'address', 'reason']).execute()
  const counted = async () => {
    const rows = await db().selectFrom('feedback_counts').selectAll().execute()
    return rows.map(({ source, kind, verdict }) => `${source} ${kind} ${verdict}`)
  }
  const about = {
    delivery_id: 'ada.1.1.sms',
    journey: 'welcome',
    version: 1,
    step: 'hello',
    message: 'hello',
    phone: PHONE,
  }

  test('Twilio: delivered, once, however often it is told', async () => {
    await twilio({ MessageStatus: 'sent' })
    const answer = await twilio({ MessageStatus: 'delivered' })
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1, recorded: 1 }])
    expect(await (await twilio({ MessageStatus: 'delivered' })).json()).toMatchObject({
      recorded: 0,
    })
    expect(await events()).toEqual([{ name: 'SMS Delivered', properties: about }])
    expect(await blocked()).toEqual([])
    expect(api.pending).toEqual(['ada'])
  })

  test('Twilio: the address that a send gives it is the one that is known here', async () => {
    const provider = await startLocalHttp({
      take: () => ({ status: 201, body: '{"sid":"SM1"}' }),
      refuse: () => ({ status: 400 }),
      throttle: () => ({ status: 429 }),
      fail: () => ({ status: 503 }),
    })
    const channel = createSmsChannel({
      provider: 'twilio',
      accountSid: 'AC1',
      authToken: AUTH_TOKEN,
      from: 'Shop',
      publicUrl: PUBLIC_URL,
      baseUrl: provider.url,
    })
    const sms = { to: PHONE, content: { text: 'Olá' }, idempotencyKey: 'ada.1.1.sms', test: false }
    await channel.send(sms, 1_000)
    const form = new URLSearchParams(provider.calls[0]?.body)
    const callback = new URL(form.get('StatusCallback') ?? '')
    await channel.close()
    await provider.stop()
    expect(`${callback.origin}${callback.pathname}`).toBe(`${PUBLIC_URL}/v1/feedback/twilio`)
    const answer = await twilio({ MessageStatus: 'delivered' }, { search: callback.search })
    expect(await answer.json()).toEqual({ received: 1, recorded: 1 })
  })

  test('Twilio: a number that there is not is used no more', async () => {
    await twilio({ MessageStatus: 'undelivered', ErrorCode: '30005' })
    const properties = { ...about, type: 'hard', reason: 'twilio_30005' }
    expect(await events()).toEqual([{ name: 'SMS Undelivered', properties }])
    expect(await blocked()).toEqual([{ channel: 'sms', address: PHONE, reason: 'twilio_30005' }])
  })

  test('Twilio: what is signed for one delivery says nothing of another', async () => {
    const search = '?delivery=ada.1.2.sms'
    const answer = await twilio(
      { MessageStatus: 'delivered' },
      { search, signedSearch: '?delivery=ada.1.1.sms' },
    )
    expect(answer.status).toBe(403)
    expect((await twilio({ MessageStatus: 'delivered' }, { token: 'another' })).status).toBe(403)
    expect(await events()).toEqual([])
    expect(await counted()).toEqual(['twilio none forged'])
  })

  test('Twilio: a message that it knows by another id, and none at all, change nothing', async () => {
    await twilio({ MessageStatus: 'delivered', MessageSid: 'SM2' })
    await twilio({ MessageStatus: 'delivered' }, { search: '' })
    expect(await events()).toEqual([])
    expect(await counted()).toEqual(['twilio delivered unknown'])
  })

  test.each(['json', 'form'] as const)('Vonage: delivered, as %s', async (as) => {
    const answer = await vonage({}, as)
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1, recorded: 1 }])
    // The other part of a long text.
    await vonage({ messageId: 'V1' }, as)
    expect(await events()).toEqual([{ name: 'SMS Delivered', properties: about }])
  })

  test('Vonage: not now, and never', async () => {
    await vonage({ status: 'failed', 'err-code': '2' })
    expect(await blocked()).toEqual([])
    await vonage({ status: 'failed', 'err-code': '3' })
    expect(await events()).toMatchObject([
      { name: 'SMS Undelivered', properties: { type: 'soft', reason: 'vonage_report_2' } },
      { name: 'SMS Undelivered', properties: { type: 'hard', reason: 'vonage_report_3' } },
    ])
    expect(await blocked()).toMatchObject([{ address: PHONE, reason: 'vonage_report_3' }])
  })

  test('Vonage: what it did not sign changes nothing', async () => {
    for (const sig of ['', 'ab'.repeat(16), 'ab'.repeat(32)])
      expect((await vonage({ sig })).status).toBe(403)
    expect(await events()).toEqual([])
    expect(await counted()).toEqual(['vonage none forged'])
  })

  test('a report of a text says nothing of a mail', async () => {
    await db().updateTable('deliveries').set({ channel: 'email' }).execute()
    expect(await (await vonage({})).json()).toEqual({ received: 1, recorded: 0 })
    expect(await counted()).toEqual(['vonage delivered unknown'])
  })
})

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:mails'
const SNS = 'https://sns.eu-west-1.amazonaws.com'
const CERTIFICATE_URL = `${SNS}/SimpleNotificationService-${'0a'.repeat(16)}.pem`

describeOnEachDatabase('POST /v1/feedback/ses', (db) => {
  const certificate = createTestCertificate(
    new Date(Date.now() - 86_400_000),
    new Date(Date.now() + 86_400_000),
  )
  let api: TestApi
  /** What Amazon has, by address; null: it is away. */
  let amazon: Record<string, string> | null
  let asked: string[]
  beforeEach(async () => {
    await new Deliveries(db()).beginWithOne('ada')
    amazon = { [CERTIFICATE_URL]: certificate.pem }
    asked = []
    api = await createTestApi(db(), {
      feedbackKeys: { ses: TOPIC },
      askProvider: async (url) => {
        asked.push(url)
        return amazon?.[url] ?? null
      },
    })
  })
  const post = (envelope: object, as?: KeyObject) => {
    const told = {
      MessageId: 'm1',
      Timestamp: '2026-11-28T00:00:00.000Z',
      TopicArn: TOPIC,
      ...envelope,
    }
    const text = Object.entries(told)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `${name}\n${value}\n`)
      .join('')
    const key = as ?? certificate.privateKey
    return api.request('POST /v1/feedback/ses', {
      key: null,
      // As SNS sends it.
      headers: { 'content-type': 'text/plain; charset=UTF-8' },
      body: JSON.stringify({
        ...told,
        SignatureVersion: '2',
        Signature: sign('sha256', Buffer.from(text), key).toString('base64'),
        SigningCertURL: CERTIFICATE_URL,
      }),
    })
  }
  const notify = (said: object, envelope: object = {}, as?: KeyObject) => {
    const headers = [{ name: 'X-Rumbo-Delivery', value: 'ada.1.1.email' }]
    const Message = JSON.stringify({ mail: { headers }, ...said })
    return post({ Type: 'Notification', Message, ...envelope }, as)
  }
  const BOUNCE = {
    notificationType: 'Bounce',
    bounce: { bounceType: 'Permanent', bounceSubType: 'NoEmail' },
  }
  const SUBSCRIBE_URL = `${SNS}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`
  const CONFIRMATION = {
    Type: 'SubscriptionConfirmation',
    Message: 'You have chosen to subscribe',
    Token: 't',
    SubscribeURL: SUBSCRIBE_URL,
  }
  const names = async () =>
    (await db().selectFrom('events').select('name').where('type', '=', 'track').execute()).map(
      ({ name }) => name,
    )

  test('a bounce and a complaint, each once; the certificate is asked for once', async () => {
    const answer = await notify(BOUNCE)
    expect([answer.status, await answer.json()]).toEqual([200, { received: 1, recorded: 1 }])
    expect(await (await notify(BOUNCE)).json()).toMatchObject({ recorded: 0 })
    await notify({ notificationType: 'Complaint', complaint: {} })
    expect(await names()).toEqual(['Email Bounced', 'Email Marked as Spam'])
    expect(await db().selectFrom('blocked_addresses').select('address').execute()).toEqual([
      { address: 'ada@example.com' },
    ])
    expect(asked).toEqual([CERTIFICATE_URL])
  })

  test('a subscription is confirmed, and confirmed anew where Amazon was away', async () => {
    expect((await post(CONFIRMATION)).status).toBe(503)
    amazon = { ...amazon, [SUBSCRIBE_URL]: '<ConfirmSubscriptionResponse/>' }
    expect((await post(CONFIRMATION)).status).toBe(200)
    expect(asked).toEqual([CERTIFICATE_URL, SUBSCRIBE_URL, SUBSCRIBE_URL])
    expect(await names()).toEqual([])
  })

  test('what another key signed, or Amazon for another topic, changes nothing and asks nobody in vain', async () => {
    const other = createTestCertificate(new Date(0), new Date(Date.now() + 86_400_000))
    expect((await notify(BOUNCE, {}, other.privateKey)).status).toBe(403)
    asked = []
    expect((await notify(BOUNCE, { TopicArn: `${TOPIC}2` })).status).toBe(403)
    expect((await post({ ...CONFIRMATION, TopicArn: `${TOPIC}2` })).status).toBe(403)
    expect(asked).toEqual([])
    expect(await names()).toEqual([])
    const counts = await db().selectFrom('feedback_counts').selectAll().execute()
    expect(counts).toMatchObject([{ source: 'ses', verdict: 'forged', count: 3 }])
  })

  test('with Amazon away it is told to come again', async () => {
    amazon = null
    const answer = await notify(BOUNCE)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await answer.json()).toMatchObject({ type: '/docs/problems.md#provider_down' })
    amazon = { [CERTIFICATE_URL]: certificate.pem }
    expect(await (await notify(BOUNCE)).json()).toMatchObject({ recorded: 1 })
  })

  test('what is not of SES is malformed, and of no mail of ours unknown', async () => {
    expect((await notify({ AlarmName: 'x' })).status).toBe(400)
    const answer = await notify({ ...BOUNCE, mail: {} })
    expect(await answer.json()).toEqual({ received: 1, recorded: 0 })
    expect(await names()).toEqual([])
  })
})
