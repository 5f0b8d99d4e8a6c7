import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeChannel, type Conduct, type LocalProvider } from '../channel.cases.ts'
import { createWebhookChannel } from './index.ts'

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`

interface Call {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface LocalHttp extends LocalProvider<'webhook'> {
  readonly calls: readonly Call[]
  /** How the next calls are answered, where that is all that matters. */
  respond: { status: number; headers?: Record<string, string>; body?: string }
}

async function startHttp(): Promise<LocalHttp> {
  const calls: Call[] = []
  const server = createServer((request, response) => void serve(request, response))
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (provider.conduct === 'break before taking') {
      request.socket.destroy()
      return
    }
    if (provider.conduct === 'stall') return
    const body = await text(request)
    if (provider.conduct === 'refuse') response.writeHead(410).end('gone: ada@example.com')
    else if (provider.conduct === 'fail for a while') response.writeHead(503).end()
    else if (provider.conduct === 'throttle')
      response.writeHead(429, { 'retry-after': '120' }).end()
    else {
      calls.push({ headers: request.headers, body })
      if (provider.conduct === 'take slowly') return
      if (provider.conduct === 'break after taking') request.socket.destroy()
      else {
        const { status, headers = {}, body: answer = '' } = provider.respond
        response.writeHead(status, headers).end(answer)
      }
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const provider: LocalHttp & { conduct: Conduct } = {
    channel: createWebhookChannel({ secret: SECRET }),
    message: (idempotencyKey) => ({
      idempotencyKey,
      to: `http://127.0.0.1:${port}/hook`,
      content: { url: '', body: { name: 'Ada ✓' } },
      test: false,
    }),
    conduct: 'take',
    calls,
    respond: { status: 204 },
    get taken() {
      return calls.map(({ headers }) => String(headers['webhook-id']))
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return provider
}

// A receiver that has seen the key drops the repeat: a lost reply may be tried again.
describeChannel('webhook', startHttp)

describe('webhook only', () => {
  let provider: LocalHttp
  beforeEach(async () => {
    provider = await startHttp()
  })
  afterEach(async () => {
    await provider.channel.close()
    await provider.stop()
  })
  const send = (): ReturnType<LocalHttp['channel']['send']> =>
    provider.channel.send(provider.message('run.1.webhook'), 1_000)

  test('is signed so that Standard Webhooks verifies it', async () => {
    await send()
    const [call] = provider.calls
    expect(call?.headers['webhook-id']).toBe('run_1_webhook')
    expect(new Webhook(SECRET).verify(call!.body, call!.headers as Record<string, string>)).toEqual(
      {
        name: 'Ada ✓',
      },
    )
  })

  test('respects Retry-After in seconds and as a date', async () => {
    provider.respond = { status: 503, headers: { 'retry-after': '7200' } }
    expect(await send()).toEqual({ type: 'unavailable', reason: 'http_503', afterMs: 7_200_000 })
    const date = new Date(Date.now() + 600_000).toUTCString()
    provider.respond = { status: 429, headers: { 'retry-after': date } }
    const answer = await send()
    expect(answer.type === 'unavailable' && answer.afterMs).toBeGreaterThan(590_000)
    provider.respond = { status: 429, headers: { 'retry-after': 'soon' } }
    expect(await send()).toEqual({ type: 'unavailable', reason: 'http_429' })
  })

  test.each([
    [302, 'refused'],
    [400, 'refused'],
    [408, 'unavailable'],
    [500, 'unavailable'],
    [202, 'sent'],
  ])('%i is %s', async (status, type) => {
    provider.respond = { status, headers: { location: 'http://127.0.0.1:1/' } }
    expect(await send()).toMatchObject({ type })
    expect(provider.calls).toHaveLength(1)
  })

  test('an endless answer is let go', async () => {
    provider.respond = { status: 200, body: 'x'.repeat(5_000_000) }
    expect(await send()).toMatchObject({ type: 'sent' })
  })

  test.each([
    'ftp://example.com',
    'nowhere',
    'http://user:secret@example.com/',
    'file:///etc/passwd',
  ])('refuses to call %s', async (to) => {
    const answer = await provider.channel.send({ ...provider.message('k'), to }, 1_000)
    expect(answer).toMatchObject({ type: 'refused', reason: 'bad_url' })
  })
})
