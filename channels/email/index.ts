import type { Readable } from 'node:stream'
import { createTransport, type SendMailOptions } from 'nodemailer'
import { returnAddress, type ReturnAddressSettings } from '../../platform/return-address.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'

const CONNECTIONS_MAX = 20
const CONNECT_MS_MAX = 10_000
const DETAIL_LENGTH_MAX = 500
/** A mailbox, nothing that a mail program could read as several or as a name with a mailbox. */
const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/

export interface EmailSettings {
  /** `smtp://user:password@host:port` or `smtps://…`; query parameters as nodemailer reads them. */
  readonly smtpUrl: string
  /** Who mails are from: `Shop <hello@example.com>`. Its domain is the right side of every Message-ID. */
  readonly from?: string | undefined
  /** How servers name the delivery that they send word of. Absent: word goes to `from`. */
  readonly returns?: ReturnAddressSettings | undefined
  /** Whether Postmark sends them, and tells what it knows by what it was given along. Default: no. */
  readonly isPostmark?: boolean
}

/**
 * E-mail over SMTP. SMTP knows no idempotency key: a conversation that breaks between the end of
 * the message and the server's reply leaves nobody who knows, and is answered `unknown`. Everything
 * before that is certainly not sent.
 */
export function createEmailChannel({
  smtpUrl,
  from = 'Rumbo <no-reply@rumbo.invalid>',
  returns,
  isPostmark = false,
}: EmailSettings): Channel<'email'> {
  const senderDomain = /@([^@\s>]+)>?\s*$/.exec(from)?.[1] ?? 'rumbo.invalid'
  const transport = createTransport({
    pool: true,
    url: smtpUrl,
    maxConnections: CONNECTIONS_MAX,
    // Only for a kept connection that had gone before a byte of the message was read.
    maxRequeues: 1,
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  // A connection that fails while idle is the pool's affair; one that fails in a send answers there.
  transport.on('error', () => {})
  transport.use('stream', (mail, done) => {
    const { conversation } = mail.data as TrackedMail
    const createReadStream = mail.message.createReadStream.bind(mail.message)
    mail.message.createReadStream = (options) => {
      const stream = createReadStream(options)
      conversation.message = stream
      return stream
    }
    done()
  })

  return {
    name: 'email',
    takesIdempotencyKey: false,
    concurrencyMax: CONNECTIONS_MAX,
    senderDomain,

    async send({ idempotencyKey, to, content, unsubscribeUrl, test }, timeoutMs) {
      if (!ADDRESS.test(to)) return { type: 'refused', reason: 'bad_address', detail: to }
      const conversation: Conversation = { message: null }
      const messageId = `<${messageIdLocalPart(idempotencyKey)}@${senderDomain}>`
      const returnTo = returns && returnAddress(idempotencyKey, returns)
      const mail: TrackedMail = {
        conversation,
        from,
        to: { name: '', address: to },
        subject: content.subject,
        html: content.html,
        ...(content.text === undefined ? {} : { text: content.text }),
        messageId,
        ...(returnTo === undefined ? {} : { envelope: { from: returnTo, to } }),
        headers: {
          'X-Rumbo-Delivery': idempotencyKey,
          // Who quotes the mail may leave out its return path.
          ...(returnTo === undefined ? {} : { 'X-Rumbo-Return': returnTo }),
          // Taken off by it, and given back with its webhooks.
          ...(isPostmark ? { 'X-PM-Metadata-delivery': idempotencyKey } : {}),
          ...(unsubscribeUrl === undefined ? {} : oneClickHeaders(unsubscribeUrl)),
          ...(test ? { 'X-Rumbo-Test': 'true' } : {}),
        },
        signal: AbortSignal.timeout(timeoutMs),
      }
      try {
        await transport.sendMail(mail)
        return { type: 'sent', providerId: messageId }
      } catch (error) {
        return answerTo(error as SmtpError, conversation)
      }
    },

    async close() {
      transport.close({ force: true })
    },
  }
}

/** A mail program shows its own button for these, and posts to the address (RFC 8058). */
const oneClickHeaders = (url: string) => ({
  'List-Unsubscribe': `<${url}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
})

/** How far one mail has come. */
interface Conversation {
  /** The last stream before the wire: once it has ended, the final dot may have been written. */
  message: Readable | null
}

interface TrackedMail extends SendMailOptions {
  readonly conversation: Conversation
}

interface SmtpError extends Error {
  /** `EENVELOPE`: refused before the message. `EMESSAGE`: refused after it. Others: no verdict. */
  readonly code?: string
  readonly responseCode?: number
}

function answerTo(error: SmtpError, { message }: Conversation): ChannelAnswer {
  const { code = 'error', responseCode } = error
  const detail = error.message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, DETAIL_LENGTH_MAX)
  const isAboutMessage = code === 'EENVELOPE' || code === 'EMESSAGE'

  if (responseCode !== undefined && responseCode >= 400) {
    const trouble = { reason: `smtp_${responseCode}`, detail }
    // A 5xx to our login or greeting is our affair, and no reason to give up on a customer.
    const isFinal = isAboutMessage && responseCode >= 500 && responseCode !== 530
    return { type: isFinal ? 'refused' : 'unavailable', ...trouble }
  }
  const trouble = { reason: `smtp_${code.replace(/^E/, '').toLowerCase()}`, detail }
  if (message?.readableEnded === true) return { type: 'unknown', ...trouble }
  return { type: isAboutMessage ? 'refused' : 'unavailable', ...trouble }
}

/** The key as the left side of an address: what may not stand there is written as `=` and its code. */
function messageIdLocalPart(key: string): string {
  return key.replaceAll(
    /[^A-Za-z0-9.-]/g,
    (character) => `=${character.charCodeAt(0).toString(16)}=`,
  )
}
