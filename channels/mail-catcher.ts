import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

const MAIL_BYTES_MAX = 10 * 1024 * 1024
/** How long open conversations may still take when the catcher stops. */
const CLOSE_MS_MAX = 2_000

/** A mail as it came over the wire. */
export interface CaughtMail {
  /** Which send it belongs to, by its `X-Rumbo-Delivery` header. */
  readonly deliveryId: string | null
  readonly messageId: string | null
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly raw: string
}

export interface MailCatcherOptions {
  /** A mail is accepted once this has returned; while it fails, senders are told to come again. */
  readonly store: (mail: CaughtMail) => Promise<void>
  /** 0 picks a free one. */
  readonly port?: number
}

export interface MailCatcher {
  readonly smtpUrl: string
  readonly stop: () => Promise<void>
}

/** An SMTP server on 127.0.0.1 that takes every mail and delivers none. */
export async function startMailCatcher({
  store,
  port = 0,
}: MailCatcherOptions): Promise<MailCatcher> {
  const server = new SMTPServer({
    size: MAIL_BYTES_MAX,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: CLOSE_MS_MAX,
    logger: false,
    onData(stream, session, done) {
      void answer(done, async () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? '' : mailFrom.address
        await store(
          await readMail(
            stream,
            from,
            rcptTo.map(({ address }) => address),
          ),
        )
      })
    },
  })
  // Connections that break are their senders' affair.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve())
  })
  const { port: actualPort } = server.server.address() as AddressInfo
  return {
    smtpUrl: `smtp://127.0.0.1:${actualPort}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** Tells the sender how it went: kept, or to come again. */
async function answer(
  done: (error?: Error | null, message?: string) => void,
  keep: () => Promise<void>,
): Promise<void> {
  try {
    await keep()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    done(Object.assign(new Error(`The mail could not be stored: ${why}`), { responseCode: 451 }))
    return
  }
  done(null, 'Caught')
}

async function readMail(stream: Readable, from: string, to: string[]): Promise<CaughtMail> {
  // A NUL has no business in a mail, and SQL cannot store it.
  const raw = (await buffer(stream)).toString('utf8').replaceAll('\0', '')
  const [head = ''] = raw.split('\r\n\r\n', 1)
  const { headers, messageId, subject } = await PostalMime.parse(`${head}\r\n\r\n`)
  const deliveryId = headers.find(({ key }) => key === 'x-rumbo-delivery')?.value
  return {
    deliveryId: deliveryId ?? null,
    messageId: messageId ?? null,
    from,
    to,
    subject: subject ?? '',
    raw,
  }
}
