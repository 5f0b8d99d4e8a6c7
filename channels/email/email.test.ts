import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readReturnAddress } from '../../platform/return-address.ts'
import { describeChannel, type Conduct, type LocalProvider } from '../channel.cases.ts'
import type { Outgoing } from '../channel.ts'
import { createEmailChannel } from './index.ts'

interface LocalSmtp extends LocalProvider<'email'> {
  readonly smtpUrl: string
  readonly mails: readonly Email[]
  /** Of envelopes. */
  readonly senders: string[]
}

const reply = (responseCode: number, message: string): Error & { responseCode: number } =>
  Object.assign(new Error(message), { responseCode })

const message = (idempotencyKey: string): Outgoing<'email'> => ({
  idempotencyKey,
  to: 'ada@example.com',
  content: { subject: 'Hello', html: '<p>Hello</p>' },
  test: false,
})

async function startSmtp(): Promise<LocalSmtp> {
  const mails: Email[] = []
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 50,
    onMailFrom(_address, session, done) {
      if (provider.conduct === 'stall') return
      if (provider.conduct === 'break before taking') hangUp(session.id)
      else done()
    },
    onRcptTo({ address }, _session, done) {
      if (provider.conduct === 'refuse') done(reply(550, `<${address}> is unknown here`))
      else if (provider.conduct === 'throttle') done(reply(450, `<${address}> gets too much`))
      else done()
    },
    async onData(stream, session, done) {
      const raw = await text(stream)
      const { mailFrom } = session.envelope
      provider.senders.push(mailFrom === false ? '' : mailFrom.address)
      if (provider.conduct === 'fail for a while') {
        done(reply(451, 'disk full'))
        return
      }
      mails.push(await PostalMime.parse(raw))
      if (provider.conduct === 'take slowly') return
      if (provider.conduct === 'break after taking') hangUp(session.id)
      else done()
    },
  })
  const hangUp = (id: string): void => {
    for (const connection of server.connections) {
      if (connection.id === id) connection.close()
    }
  }
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  const smtpUrl = `smtp://127.0.0.1:${port}`
  const provider: LocalSmtp & { conduct: Conduct } = {
    smtpUrl,
    senders: [],
    channel: createEmailChannel({ smtpUrl }),
    message,
    conduct: 'take',
    mails,
    get taken() {
      return mails.map(({ messageId = '' }) => messageId)
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return provider
}

describeChannel('email', startSmtp)

describe('email only', () => {
  let provider: LocalSmtp
  beforeEach(async () => {
    provider = await startSmtp()
  })
  afterEach(async () => {
    await provider.channel.close()
    await provider.stop()
  })

  test('is given to Postmark with what it is to tell of, and to nobody else', async () => {
    const channel = createEmailChannel({ smtpUrl: provider.smtpUrl, isPostmark: true })
    await channel.send(message('run.1.email'), 1_000)
    await channel.close()
    await provider.channel.send(message('run.2.email'), 1_000)
    const given = provider.mails.map(
      ({ headers }) => headers.find(({ key }) => key === 'x-pm-metadata-delivery')?.value,
    )
    expect(given).toEqual(['run.1.email', undefined])
  })

  test('carries the key in Message-ID and X-Rumbo-Delivery', async () => {
    const answer = await provider.channel.send(message('c1/7.2.email'), 1_000)
    expect(answer).toEqual({ type: 'sent', providerId: '<c1=2f=7.2.email@rumbo.invalid>' })
    const [mail] = provider.mails
    expect(mail?.messageId).toBe('<c1=2f=7.2.email@rumbo.invalid>')
    expect(mail?.headers.find(({ key }) => key === 'x-rumbo-delivery')?.value).toBe('c1/7.2.email')
    expect(mail?.headers.some(({ key }) => key === 'x-rumbo-test')).toBe(false)
  })

  test('asks for word of the delivery at an address that names it', async () => {
    const returns = { secret: 'only for these tests', domain: 'bounces.shop.example' }
    const channel = createEmailChannel({ smtpUrl: provider.smtpUrl, returns })
    const id = '00a0b0c0-1111-4222-8333-4444deadbeef.17.3.email'
    await channel.send(message(id), 1_000)
    // Not of an actor.
    await channel.send(message('k'), 1_000)
    await channel.close()
    const [sender = ''] = provider.senders
    expect(readReturnAddress(sender, returns)).toBe(id)
    expect(provider.senders).toEqual([sender, 'no-reply@rumbo.invalid'])
    const returnsOf = provider.mails.map(
      ({ headers }) => headers.find(({ key }) => key === 'x-rumbo-return')?.value,
    )
    expect(returnsOf).toEqual([sender, undefined])
  })

  test('marks what goes to a test customer', async () => {
    await provider.channel.send({ ...message('k'), test: true }, 1_000)
    expect(provider.mails[0]?.headers.find(({ key }) => key === 'x-rumbo-test')?.value).toBe('true')
  })

  test('carries both headers of RFC 8058 whole, where one can unsubscribe', async () => {
    const unsubscribeUrl = `https://mail.example.com/u/${'a'.repeat(200)}.${'b'.repeat(43)}`
    await provider.channel.send({ ...message('k'), unsubscribeUrl }, 1_000)
    await provider.channel.send(message('l'), 1_000)
    const [marketing, other] = provider.mails.map(
      ({ headers }) =>
        (name: string) =>
          headers.find(({ key }) => key === name)?.value,
    )
    expect(marketing?.('list-unsubscribe')).toBe(`<${unsubscribeUrl}>`)
    expect(marketing?.('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
    expect(other?.('list-unsubscribe')).toBeUndefined()
    expect(other?.('list-unsubscribe-post')).toBeUndefined()
  })

  test.each(['a@example.com, b@example.com', 'a b@example.com', 'Ada <a@example.com>', 'ada', ''])(
    'refuses "%s" as an address',
    async (to) => {
      const answer = await provider.channel.send({ ...message('k'), to }, 1_000)
      expect(answer).toMatchObject({ type: 'refused', reason: 'bad_address' })
      expect(provider.taken).toEqual([])
    },
  )

  test('a subject cannot add headers', async () => {
    const subject = 'Hi\r\nBcc: eve@example.com'
    await provider.channel.send({ ...message('k'), content: { subject, html: '' } }, 1_000)
    expect(provider.mails[0]?.bcc).toBeUndefined()
  })

  test('a long mail that breaks in its middle is certainly not sent', async () => {
    const html = 'x'.repeat(20_000_000)
    provider.conduct = 'take'
    const sending = provider.channel.send({ ...message('k'), content: { subject: '', html } }, 20)
    expect(await sending).toMatchObject({ type: 'unavailable' })
    expect(provider.taken).toEqual([])
  })
})
