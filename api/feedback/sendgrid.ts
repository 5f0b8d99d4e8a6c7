import { createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import type { ProviderReport } from './provider-report.ts'

/** What SendGrid's Event Webhook says of itself. */
export interface SendGridSignature {
  /** `X-Twilio-Email-Event-Webhook-Signature`. */
  readonly signature: string
  /** `X-Twilio-Email-Event-Webhook-Timestamp`. */
  readonly timestamp: string
}

/**
 * Whether SendGrid signed this body: ECDSA over P-256 with SHA-256, over timestamp and body. `publicKey`
 * is the verification key as its settings show it. When it was signed does not matter: what is sent
 * again changes nothing.
 */
export function isSignedBySendGrid(
  body: Uint8Array,
  { signature, timestamp }: SendGridSignature,
  publicKey: string,
): boolean {
  if (signature === '' || timestamp === '') return false
  const key = createPublicKey({
    key: Buffer.from(publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const signed = Buffer.concat([Buffer.from(timestamp), body])
  return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
}

const eventSchema = z.looseObject({
  event: z.string(),
  'smtp-id': z.string().optional(),
  type: z.string().optional(),
  status: z.string().optional(),
  reason: z.string().optional(),
})
type SendGridEvent = z.output<typeof eventSchema>

/** The events of a call of SendGrid's Event Webhook; undefined where it is none. */
export function readSendGrid(body: unknown): ProviderReport[] | undefined {
  const events = z.array(z.unknown()).safeParse(body)
  return events.data?.map((each) => {
    const event = eventSchema.safeParse(each).data
    if (event === undefined) return { messageId: undefined, feedback: null }
    return { messageId: event['smtp-id'], feedback: feedbackOf(event) }
  })
}

function feedbackOf({
  event,
  type,
  status = '',
  reason = '',
}: SendGridEvent): ProviderReport['feedback'] {
  const code = /^[45]\.\d{1,3}\.\d{1,3}$/.test(status) ? status : '5.0.0'
  const bounce = (permanent: boolean) =>
    ({ kind: 'bounce', permanent, status: code, recipient: null }) as const
  switch (event) {
    // `blocked` is about this message; SendGrid itself goes on using the address.
    case 'bounce':
      return bounce(type !== 'blocked' && !code.startsWith('4'))
    // Not even tried, since the address had bounced before or is none.
    case 'dropped':
      return bounce(/^(?:bounced address|invalid)/i.test(reason))
    case 'spamreport':
      return { kind: 'complaint', feedbackType: 'abuse' }
    case 'deferred':
      return { kind: 'notice', about: 'delay' }
    // Opens and clicks are told by our own links.
    default:
      return { kind: 'notice', about: 'delivery' }
  }
}
