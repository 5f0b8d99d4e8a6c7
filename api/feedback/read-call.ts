import { isTokenOfBody } from '../../operations/receive-feedback.ts'
import type { ApiDeps } from '../deps.ts'
import { ProviderDown } from '../errors.ts'
import { isSignedByMailgun, MAILGUN_TOKEN_KEPT_MS, parseMailgun, readMailgun } from './mailgun.ts'
import { isKnownToPostmark, readPostmark } from './postmark.ts'
import type { FeedbackProvider, ProviderReport } from './provider-report.ts'
import { isSignedBySendGrid, readSendGrid } from './sendgrid.ts'
import { readSes } from './ses.ts'
import type { SnsCertificates } from './sns-certificates.ts'
import { certificateUrlOf, isSignedBySns, parseSns, subscribeUrlOf } from './sns.ts'
import { isSignedByTwilio, readTwilio } from './twilio.ts'
import { isSignedByVonage, parseVonage, readVonage } from './vonage.ts'

/** A call of a provider's webhook. */
export interface ProviderCall {
  readonly provider: FeedbackProvider
  /** What it is known by here, as the settings say. */
  readonly key: string
  /** As it was called: the signature of one of them is about it. */
  readonly path: string
  readonly search: string
  /** As it came: a signature is about bytes. */
  readonly bytes: Uint8Array
  /** Empty where there is none. */
  readonly header: (name: string) => string
}

export interface CallReaderDeps extends Pick<ApiDeps, 'db' | 'log' | 'now' | 'publicUrl'> {
  /** The text at an address of a provider's; null: it is not to be had. */
  readonly askProvider: (url: string) => Promise<string | null>
  readonly snsCertificates: SnsCertificates
}

/** What a call says; `forged`: the provider did not make it; undefined: it is no such call. */
type CallReading = readonly ProviderReport[] | 'forged' | undefined

type CallReader = (deps: CallReaderDeps, call: ProviderCall) => CallReading | Promise<CallReading>

/**
 * Whether a provider made a call, and what it says.
 *
 * @throws {ProviderDown} where the provider itself has to be asked for that, and is not to be had
 */
export const readCall: CallReader = (deps, call) => READERS[call.provider](deps, call)

const READERS: Readonly<Record<FeedbackProvider, CallReader>> = {
  async mailgun(deps, { provider, bytes, key }) {
    const call = parseMailgun(jsonIn(bytes))
    if (call === undefined || !isSignedByMailgun(call, key, deps.now())) return 'forged'
    const used = { provider, token: call.signature.token, body: bytes }
    if (!(await isTokenOfBody(deps, used, MAILGUN_TOKEN_KEPT_MS))) return 'forged'
    return [readMailgun(call)]
  },

  postmark(_, { bytes, header, key }) {
    if (!isKnownToPostmark(header('authorization'), key)) return 'forged'
    const report = readPostmark(jsonIn(bytes))
    return report && [report]
  },

  sendgrid(_, { bytes, header, key }) {
    const signature = header('x-twilio-email-event-webhook-signature')
    const timestamp = header('x-twilio-email-event-webhook-timestamp')
    if (!isSignedBySendGrid(bytes, { signature, timestamp }, key)) return 'forged'
    return readSendGrid(jsonIn(bytes))
  },

  async ses({ snsCertificates, askProvider, log, now }, { bytes, key: topic }) {
    const envelope = parseSns(jsonIn(bytes))
    const certificateUrl = envelope && certificateUrlOf(envelope, topic)
    if (envelope === undefined || certificateUrl === undefined) return 'forged'
    const pem = await snsCertificates(certificateUrl)
    if (!isSignedBySns(envelope, pem, now())) return 'forged'
    if (envelope.Type === 'Notification') {
      const report = readSes(jsonIn(Buffer.from(envelope.Message)))
      return report && [report]
    }
    const subscribeUrl = subscribeUrlOf(envelope, topic)
    if (subscribeUrl === undefined) {
      log.warn({ topic }, 'A topic tells nothing here any more')
      return []
    }
    if ((await askProvider(subscribeUrl)) === null)
      throw new ProviderDown('The subscription could not be confirmed.')
    log.info({ topic }, 'A topic tells what it knows here from now on')
    return []
  },

  twilio({ publicUrl = '' }, { bytes, header, key, path, search }) {
    const form = new URLSearchParams(Buffer.from(bytes).toString('utf8'))
    const signed = { url: `${publicUrl}${path}${search}`, form }
    if (!isSignedByTwilio(signed, header('x-twilio-signature'), key)) return 'forged'
    return [readTwilio(new URLSearchParams(search), form)]
  },

  vonage(_, { bytes, header, key }) {
    const receipt = parseVonage(Buffer.from(bytes).toString('utf8'), header('content-type'))
    if (receipt === undefined || !isSignedByVonage(receipt, key)) return 'forged'
    return [readVonage(receipt)]
  },
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
