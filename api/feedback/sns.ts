import { verify, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { TOPIC_ARN } from '../../platform/topic-arn.ts'

const envelopeSchema = z.looseObject({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.string(),
  Subject: z.string().nullish(),
  SubscribeURL: z.string().optional(),
  Token: z.string().optional(),
  Signature: z.string(),
  SignatureVersion: z.enum(['1', '2']),
  SigningCertURL: z.string(),
})
/** What Amazon SNS posts to an HTTP endpoint ("HTTP/HTTPS headers and JSON format"). */
export type SnsEnvelope = z.output<typeof envelopeSchema>

/** A call of Amazon SNS; undefined where it is none. */
export const parseSns = (body: unknown): SnsEnvelope | undefined =>
  envelopeSchema.safeParse(body).data

/**
 * The one host that speaks for a topic, as an origin: those of China have a domain of their own. Undefined for
 * what is no topic.
 */
function snsOrigin(topicArn: string): string | undefined {
  const [, partition, region] = TOPIC_ARN.exec(topicArn) ?? []
  if (region === undefined) return undefined
  return `https://sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`
}

const CERTIFICATE_PATH = /^\/SimpleNotificationService-[\da-f]{8,64}\.pem$/

/**
 * Where the certificate is that a call about this topic is signed with; undefined where it does not say, or
 * names a place that does not speak for the topic.
 */
export function certificateUrlOf(
  { TopicArn: topic, SigningCertURL: text }: SnsEnvelope,
  topicArn: string,
): string | undefined {
  // Anybody may have a topic, and whatever is told to it is signed by Amazon.
  if (topic !== topicArn) return undefined
  const url = URL.parse(text)
  if (url === null || url.origin !== snsOrigin(topicArn) || !CERTIFICATE_PATH.test(url.pathname))
    return undefined
  return `${url.origin}${url.pathname}`
}

/** Where a subscription is confirmed; undefined where that is not with Amazon, or nothing is to be confirmed. */
export function subscribeUrlOf(
  { Type: type, SubscribeURL: text = '' }: SnsEnvelope,
  topicArn: string,
): string | undefined {
  const url = URL.parse(text)
  const isMeant =
    type === 'SubscriptionConfirmation' &&
    url?.origin === snsOrigin(topicArn) &&
    url?.searchParams.get('Action') === 'ConfirmSubscription'
  return isMeant ? url?.href : undefined
}

/**
 * Whether a call is signed with this certificate, which holds now: RSA over some of its members, in a fixed
 * order ("Verifying the signatures of Amazon SNS messages"), with SHA-1 in version 1 and SHA-256 in 2.
 */
export function isSignedBySns(envelope: SnsEnvelope, pem: string, nowMs: number): boolean {
  const certificate = certificateIn(pem)
  if (certificate === undefined) return false
  const { validFromDate, validToDate, publicKey } = certificate
  if (nowMs < validFromDate.getTime() || nowMs > validToDate.getTime()) return false
  const hash = envelope.SignatureVersion === '1' ? 'sha1' : 'sha256'
  const signature = Buffer.from(envelope.Signature, 'base64')
  return verify(hash, Buffer.from(signedText(envelope)), publicKey, signature)
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function signedText(envelope: SnsEnvelope): string {
  const { Type, Message, MessageId, Subject, SubscribeURL, Timestamp, Token, TopicArn } = envelope
  const members =
    Type === 'Notification'
      ? { Message, MessageId, Subject, Timestamp, TopicArn, Type }
      : { Message, MessageId, SubscribeURL, Timestamp, Token, TopicArn, Type }
  return Object.entries(members)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join('')
}
