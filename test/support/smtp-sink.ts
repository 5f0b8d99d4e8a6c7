import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** An SMTP server that takes mails or turns them away, as the test says. */
export interface SmtpSink {
  readonly url: string
  /** Mails taken, by the delivery that each belongs to, in order. */
  readonly taken: readonly string[]
  /** Their subjects, in the same order. */
  readonly subjects: readonly string[]
  /** All of each, in the same order. */
  readonly mails: readonly string[]
  /** Conversations turned away so far. */
  readonly refusals: () => number
  /** From now on every sender gets this code; null: mails are taken. */
  readonly refuseWith: (code: number | null) => void
  readonly stop: () => Promise<void>
}

/** @param keeps asked when a mail is there, before its sender is answered; false: lost, and never answered */
export async function startSmtpSink(keeps: () => boolean = () => true): Promise<SmtpSink> {
  const taken: string[] = []
  const subjects: string[] = []
  const mails: string[] = []
  let refusals = 0
  let code: number | null = null
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1_000,
    logger: false,
    onRcptTo({ address }, _session, done) {
      if (code === null) return done()
      refusals++
      done(Object.assign(new Error(`No mail for ${address}`), { responseCode: code }))
    },
    onData(stream, _session, done) {
      text(stream).then((raw) => {
        if (!keeps()) return
        taken.push(header(raw, 'X-Rumbo-Delivery'))
        subjects.push(header(raw, 'Subject'))
        mails.push(raw)
        done()
      }, done)
    },
  })
  // Connections that break are their senders' affair.
  server.on('error', () => {})
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    taken,
    subjects,
    mails,
    refusals: () => refusals,
    refuseWith: (next) => {
      code = next
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const header = (raw: string, name: string): string =>
  new RegExp(`^${name}: (.+?)\\r?$`, 'im').exec(raw)?.[1] ?? ''
