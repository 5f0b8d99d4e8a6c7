import { createHash } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AudienceSyncContent } from '../../domain/journeys/journey.ts'
import type { ChannelAnswer } from '../channel.ts'
import { describeChannel, type LocalProvider } from '../channel.cases.ts'
import { startLocalHttp, type LocalHttp } from '../local-http.cases.ts'
import { createAudienceSyncChannel, type Upload, type UploadBook } from './index.ts'

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`
const TO = 'email:ada@example.com\nphone:+351912345678'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const IDENTIFIERS = [
  { kind: 'email', sha256: sha256('ada@example.com') },
  { kind: 'phone', sha256: sha256('+351912345678') },
]

interface LocalPlatform extends LocalProvider<'audience_sync'> {
  readonly http: LocalHttp
  readonly said: [string, Upload][]
  verdict: Awaited<ReturnType<UploadBook['remember']>> | Error
}

async function startPlatform(): Promise<LocalPlatform> {
  const http = await startLocalHttp({
    take: () => ({ status: 202 }),
    refuse: () => ({ status: 400, body: 'ada@example.com is nobody' }),
    throttle: () => ({ status: 429, headers: { 'retry-after': '60' } }),
    fail: () => ({ status: 503 }),
  })
  const said: LocalPlatform['said'] = []
  const uploads: UploadBook = {
    remember: async (upload) => {
      said.push(['remember', upload])
      if (platform.verdict instanceof Error) throw platform.verdict
      return platform.verdict
    },
    forget: async (upload) => void said.push(['forget', upload]),
  }
  const platform: LocalPlatform = {
    channel: createAudienceSyncChannel({ secret: SECRET, uploads }),
    message: (idempotencyKey) => ({ idempotencyKey, to: TO, content: content('add'), test: false }),
    http,
    said,
    verdict: 'remembered',
    get conduct() {
      return http.conduct
    },
    set conduct(conduct) {
      http.conduct = conduct
    },
    get taken() {
      return http.calls.map(({ headers }) => String(headers['webhook-id']))
    },
    stop: http.stop,
  }
  const content = (action: AudienceSyncContent['action']): AudienceSyncContent => ({
    url: `${http.url}/audiences`,
    list: 'spring',
    action,
    platform: 'google',
  })
  return platform
}

// Whoever receives it drops the repeat: a lost reply may be tried again.
describeChannel('audience_sync', startPlatform)

describe('audience_sync only', () => {
  let platform: LocalPlatform
  beforeEach(async () => {
    platform = await startPlatform()
  })
  afterEach(async () => {
    await platform.channel.close()
    await platform.stop()
  })
  const send = (action: AudienceSyncContent['action']): Promise<ChannelAnswer> => {
    const message = platform.message('run.1')
    return platform.channel.send({ ...message, content: { ...message.content, action } }, 1_000)
  }

  test('sends hashes and nothing that they are of, signed', async () => {
    await send('add')
    const [call] = platform.http.calls
    expect(new Webhook(SECRET).verify(call!.body, call!.headers as Record<string, string>)).toEqual(
      { action: 'add', platform: 'google', list: 'spring', identifiers: IDENTIFIERS },
    )
    expect(call?.body).not.toMatch(/ada|912345678/)
  })

  test('what is added is remembered first, also where the platform never answers', async () => {
    platform.conduct = 'break before taking'
    expect(await send('add')).toMatchObject({ type: 'unavailable' })
    expect(platform.said).toMatchObject([
      ['remember', { deliveryId: 'run.1', list: 'spring', identifiers: IDENTIFIERS }],
    ])
  })

  test.each([
    ['forbidden', { type: 'refused', reason: 'no_consent' }],
    ['removing', { type: 'unavailable', reason: 'removal_pending' }],
    ['changed', { type: 'unavailable', reason: 'address_changed' }],
    [new Error('away'), { type: 'unavailable', reason: 'store_unavailable' }],
  ] as const)('what is not remembered (%s) is not sent', async (verdict, answer) => {
    platform.verdict = verdict
    expect(await send('add')).toMatchObject(answer)
    expect(platform.http.calls).toEqual([])
  })

  test('what is removed is forgotten, once the platform knows', async () => {
    platform.conduct = 'refuse'
    await send('remove')
    expect(platform.said).toEqual([])
    platform.conduct = 'take'
    await send('remove')
    expect(platform.said).toMatchObject([['forget', { list: 'spring', identifiers: IDENTIFIERS }]])
  })
})
