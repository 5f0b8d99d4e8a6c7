import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { readFeedback } from '../../domain/feedback/read-feedback.ts'
import type { ReportMail } from '../../domain/feedback/feedback.ts'
import {
  receiveFeedback,
  refuseForged,
  type FeedbackDeps,
} from '../../operations/receive-feedback.ts'
import {
  findReturnAddress,
  readReturnAddress,
  type ReturnAddressSettings,
} from '../../platform/return-address.ts'
import { readReportMail } from './read-report-mail.ts'

/** A report may quote the whole mail. */
const MAIL_BYTES_MAX = 5 * 1024 * 1024
const CLIENTS_MAX = 100
/** A server that says nothing for so long has gone. */
const SILENCE_MS_MAX = 60_000
/** How long open conversations may still take when the server stops. */
const CLOSE_MS_MAX = 2_000
/** Of each part: headers of a quoted mail stand at its beginning. */
const SEARCHED_LENGTH_MAX = 64 * 1024
/** Where mailbox providers send what people complain about, as it was registered with them. */
const COMPLAINTS_TO = 'feedback'

export interface FeedbackServerDeps extends FeedbackDeps {
  readonly returns: ReturnAddressSettings
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
}

export interface FeedbackServer {
  readonly port: number
  readonly stop: () => Promise<void>
}

/**
 * An SMTP server for what comes back of mails: it takes what is sent to return addresses of ours, and to
 * `feedback@` of their domain, and nothing else. A report is acknowledged once what follows from it is
 * stored.
 */
export async function startFeedbackServer(deps: FeedbackServerDeps): Promise<FeedbackServer> {
  const { returns, host, port } = deps
  const complaintsTo = `${COMPLAINTS_TO}@${returns.domain}`.toLowerCase()
  const server = new SMTPServer({
    size: MAIL_BYTES_MAX,
    // Who needs encryption on the way has a server of their own in front.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    maxClients: CLIENTS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    closeTimeout: CLOSE_MS_MAX,
    logger: false,
    onRcptTo({ address }, _session, done) {
      const isOurs =
        address.toLowerCase() === complaintsTo || readReturnAddress(address, returns) !== undefined
      if (isOurs) return done()
      void answer(
        () => refuseForged(deps, 'smtp'),
        () => done(reply(550, '5.1.1 There is no such mailbox here')),
        done,
      )
    },
    onData(stream, session, done) {
      const to = session.envelope.rcptTo.map(({ address }) => address)
      void answer(
        () => receiveMail(deps, stream, to),
        () => done(null, 'Taken'),
        done,
      )
    },
  })
  // Connections that break are their senders' affair.
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const reply = (responseCode: number, text: string) =>
  Object.assign(new Error(text), { responseCode })

/** Senders come again after what is ours to mend. */
async function answer(
  work: () => Promise<void>,
  onDone: () => void,
  onError: (error: Error) => void,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    onError(error instanceof TooLargeError ? error : reply(451, '4.3.0 Come again later'))
    return
  }
  onDone()
}

class TooLargeError extends Error {
  readonly responseCode = 552

  constructor() {
    super('5.3.4 Too large')
  }
}

async function receiveMail(
  deps: FeedbackServerDeps,
  stream: Readable & { readonly sizeExceeded?: boolean },
  to: readonly string[],
): Promise<void> {
  const raw = await buffer(stream)
  if (stream.sizeExceeded === true) throw new TooLargeError()
  const mail = await readReportMail(raw)
  const deliveryId =
    to.map((each) => readReturnAddress(each, deps.returns)).find((id) => id !== undefined) ??
    quotedDelivery(mail, deps.returns)
  await receiveFeedback(deps, { source: 'smtp', deliveryId, feedback: readFeedback(mail) })
}

/** Of a report that came to an address of all: the mail that it quotes bears its return address. */
function quotedDelivery(
  { text, parts }: ReportMail,
  returns: ReturnAddressSettings,
): string | undefined {
  for (const each of [...parts.map((part) => part.text), text]) {
    const found = findReturnAddress(each.slice(0, SEARCHED_LENGTH_MAX), returns)
    if (found !== undefined) return found
  }
  return undefined
}
