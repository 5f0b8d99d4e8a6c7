import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('readConfig', () => {
  test('fills in every default', () => {
    const config = readConfig({})
    expect(config).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: undefined,
      temporal: undefined,
      timeTravel: true,
      logLevel: 'info',
    })
    expect(config.dataFolder).toMatch(/\/\.rumbo$/)
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('the provider of SMS is the one whose account is named', () => {
    const twilio = { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'secret' }
    const vonage = { VONAGE_API_KEY: 'key', VONAGE_API_SECRET: 'secret' }
    const from = { RUMBO_SMS_FROM: 'Shop' }
    expect(readConfig({}).sms).toBeUndefined()
    expect(readConfig({ ...twilio, ...from }).sms).toEqual({
      provider: 'twilio',
      accountSid: 'AC1',
      authToken: 'secret',
      from: 'Shop',
    })
    expect(readConfig({ ...vonage, ...from }).sms).toEqual({
      provider: 'vonage',
      apiKey: 'key',
      apiSecret: 'secret',
      from: 'Shop',
    })
    const signed = { ...vonage, ...from, VONAGE_SIGNATURE_SECRET: 'signed' }
    expect(readConfig(signed).sms).toMatchObject({ signatureSecret: 'signed' })
    expect(problemsOf(twilio)).toHaveLength(1)
    expect(problemsOf({ ...twilio, ...vonage, ...from })).toHaveLength(1)
    expect(problemsOf({ TWILIO_AUTH_TOKEN: 'hunter2', ...from }).join()).not.toContain('hunter2')
  })

  test('pages that show messages are named by their origins', () => {
    const origins = (value: string) => readConfig({ RUMBO_ONSITE_ORIGINS: value }).onsiteOrigins
    expect(readConfig({}).onsiteOrigins).toEqual([])
    expect(origins(' https://shop.example, http://localhost:8080 ')).toEqual([
      'https://shop.example',
      'http://localhost:8080',
    ])
    for (const wrong of [
      '*',
      'shop.example',
      'https://shop.example/',
      'https://a@shop.example',
      'null',
    ])
      expect(problemsOf({ RUMBO_ONSITE_ORIGINS: wrong })).toHaveLength(1)
  })

  test('the service account of push is read whole, or named as wrong', () => {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const account = {
      project_id: 'shop',
      client_email: 'rumbo@shop.example',
      private_key: privateKey,
      token_uri: 'https://oauth2.googleapis.com/token',
    }
    const push = (value: object) => ({ FCM_SERVICE_ACCOUNT: JSON.stringify(value) })
    expect(readConfig(push({ ...account, type: 'service_account' })).push.fcm).toEqual({ account })
    expect(problemsOf(push({ ...account, private_key: 'hunter2' })).join()).not.toContain('hunter2')
    expect(problemsOf(push({ ...account, private_key: 'hunter2' }))).toHaveLength(1)
    expect(readConfig({ EXPO_ACCESS_TOKEN: 'secret' }).push.expo).toEqual({ accessToken: 'secret' })
  })

  test('names all wrong settings at once, one line each', () => {
    const problems = problemsOf({
      PORT: '70000',
      HOST: 'a b',
      DATABASE_URL: 'mysql://db',
      TEMPORAL_ADDRESS: 'http://engine:7233',
      RUMBO_API_KEY: 'short',
      SMTP_URL: 'mail.example.com',
      RUMBO_PAYLOAD_ENCRYPTION: 'yes',
      RUMBO_PAYLOAD_SECRET: 'hunter2',
      RUMBO_CODEC_TOKEN: `${'x'.repeat(32)}/y`,
      RUMBO_URL: 'localhost:3000',
      RUMBO_TIME_TRAVEL: 'yes',
      LOG_LEVEL: 'loud',
    })
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'TEMPORAL_ADDRESS',
      'PORT',
      'HOST',
      'DATABASE_URL',
      'RUMBO_API_KEY',
      'SMTP_URL',
      'RUMBO_PAYLOAD_ENCRYPTION',
      'RUMBO_PAYLOAD_SECRET',
      'RUMBO_CODEC_TOKEN',
      'RUMBO_URL',
      'RUMBO_TIME_TRAVEL',
      'LOG_LEVEL',
    ])
    expect(problems.every((problem) => !problem.includes('\n'))).toBe(true)
  })

  test.each(['abc', '-1', '3000.5', '1e3', '65536'])('refuses PORT=%s', (port) => {
    expect(problemsOf({ PORT: port })).toHaveLength(1)
  })

  test.each([
    ['https://mail.example.com', 'https://mail.example.com'],
    ['https://Example.com/rumbo/', 'https://example.com/rumbo'],
    ['https://correo.españa.example/', 'https://correo.xn--espaa-rta.example'],
    ['http://127.0.0.1:3000//', 'http://127.0.0.1:3000'],
  ])('takes RUMBO_PUBLIC_URL=%s as %s', (given, publicUrl) => {
    expect(readConfig({ RUMBO_PUBLIC_URL: given })).toMatchObject({ publicUrl })
  })

  test.each([
    'mail.example.com',
    'ftp://mail.example.com',
    'https://user:secret@mail.example.com',
    'https://mail.example.com/?a=b',
    'https://mail.example.com/#a',
  ])('refuses RUMBO_PUBLIC_URL=%s', (url) => {
    expect(problemsOf({ RUMBO_PUBLIC_URL: url })[0]).toMatch(/^RUMBO_PUBLIC_URL: /)
  })

  test('refuses a secret for links that could be guessed', () => {
    const [problem] = problemsOf({ RUMBO_LINK_SECRET: 'hunter2' })
    expect(problem).toMatch(/^RUMBO_LINK_SECRET: /)
    expect(problem).not.toContain('hunter2')
    expect(readConfig({ RUMBO_LINK_SECRET: 'x'.repeat(32) }).linkSecret).toBe('x'.repeat(32))
  })

  test('follows mails where readers can reach us, unless it is told otherwise', () => {
    const publicUrl = { RUMBO_PUBLIC_URL: 'https://mail.example.com' }
    expect(readConfig({}).tracksMails).toBe(false)
    expect(readConfig(publicUrl).tracksMails).toBe(true)
    expect(readConfig({ ...publicUrl, RUMBO_MAIL_TRACKING: 'off' }).tracksMails).toBe(false)
    expect(readConfig({ RUMBO_MAIL_TRACKING: 'on' }).tracksMails).toBe(true)
  })

  test('takes mail only where it knows whose', () => {
    expect(problemsOf({ RUMBO_FEEDBACK_PORT: '25' })).toHaveLength(1)
    const both = { RUMBO_FEEDBACK_PORT: '25', RUMBO_BOUNCE_DOMAIN: 'Bounces.Example.com' }
    expect(readConfig(both)).toMatchObject({
      feedbackPort: 25,
      bounceDomain: 'bounces.example.com',
    })
    for (const domain of ['localhost', 'a@b.example', 'https://b.example', 'b..example'])
      expect(problemsOf({ RUMBO_BOUNCE_DOMAIN: domain })).toHaveLength(1)
  })

  test('refuses a key of SendGrid that is none, and does not repeat it', () => {
    const [problem] = problemsOf({ RUMBO_SENDGRID_KEY: 'hunter2' })
    expect(problem).toMatch(/^RUMBO_SENDGRID_KEY: /)
    expect(problem).not.toContain('hunter2')
  })

  test('knows a topic of Amazon SNS', () => {
    const topic = 'arn:aws:sns:eu-west-1:123456789012:mails'
    expect(readConfig({ RUMBO_SES_TOPIC: topic }).sesTopic).toBe(topic)
    for (const wrong of ['mails', topic.replace('sns', 'sqs'), `${topic}.fifo`, `${topic}:x`])
      expect(problemsOf({ RUMBO_SES_TOPIC: wrong })).toHaveLength(1)
  })

  test('refuses a password of Postmark that can be guessed, and does not repeat it', () => {
    const key = `rumbo:${'a1'.repeat(10)}`
    expect(readConfig({ RUMBO_POSTMARK_KEY: key }).postmarkKey).toBe(key)
    for (const wrong of ['hunter2', 'rumbo:hunter2', `rumbo:${'a/'.repeat(20)}`]) {
      const [problem] = problemsOf({ RUMBO_POSTMARK_KEY: wrong })
      expect(problem).toMatch(/^RUMBO_POSTMARK_KEY: /)
      expect(problem).not.toContain(wrong)
    }
  })

  test('takes a blank setting as not set', () => {
    expect(readConfig({ PORT: ' ', LOG_LEVEL: '' })).toMatchObject({ port: 3000, logLevel: 'info' })
  })

  test('does not repeat what may be secret', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://app:hunter2@db/x' })
    expect(problem).not.toContain('hunter2')
  })

  test('takes an engine elsewhere from the standard settings and leaves its clocks alone', () => {
    const config = readConfig({
      TEMPORAL_ADDRESS: 'eu.tmprl.cloud:7233',
      TEMPORAL_NAMESPACE: 'shop.acme',
      TEMPORAL_API_KEY: 'secret',
      TEMPORAL_CONFIG_FILE: '',
    })
    expect(config.temporal).toMatchObject({
      address: 'eu.tmprl.cloud:7233',
      namespace: 'shop.acme',
      apiKey: 'secret',
      tls: true,
    })
    expect(config.timeTravel).toBe(false)
    expect(readConfig({ TEMPORAL_ADDRESS: 'h:1', RUMBO_TIME_TRAVEL: 'on' }).timeTravel).toBe(true)
  })

  test('names a profile that does not exist', () => {
    expect(problemsOf({ TEMPORAL_PROFILE: 'nobody', TEMPORAL_CONFIG_FILE: '/nowhere' })[0]).toMatch(
      /^TEMPORAL_/,
    )
  })
})
