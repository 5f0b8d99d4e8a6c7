import { createHash, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { statusIn } from '../../domain/feedback/bounce-status.ts'
import { asDeliveryId, type ProviderReport } from './provider-report.ts'

/**
 * Whether a call brought the user and the password that were put into the address of the webhook. Postmark
 * signs nothing ("Webhooks overview", postmarkapp.com/developer/webhooks): who knows them is believed.
 */
export function isKnownToPostmark(authorization: string, userAndPassword: string): boolean {
  const [, given = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization.trim()) ?? []
  // Of one length, whatever was sent.
  const hash = (text: Buffer) => createHash('sha256').update(text).digest()
  const expected = Buffer.from(userAndPassword)
  return timingSafeEqual(hash(Buffer.from(given, 'base64')), hash(expected))
}

const eventSchema = z.looseObject({
  RecordType: z.string(),
  Type: z.string().optional(),
  Details: z.string().nullish(),
  Description: z.string().nullish(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
})
type PostmarkEvent = z.output<typeof eventSchema>

/** What a call of Postmark's webhooks says of the delivery that went along as metadata; undefined where it is none. */
export function readPostmark(body: unknown): ProviderReport | undefined {
  const event = eventSchema.safeParse(body).data
  if (event === undefined) return undefined
  const delivery = Object.entries(event.Metadata ?? {}).find(
    ([name]) => name.toLowerCase() === 'delivery',
  )?.[1]
  return {
    deliveryId: typeof delivery === 'string' ? asDeliveryId(delivery) : undefined,
    // Postmark knows it by an id of its own.
    messageId: undefined,
    feedback: feedbackOf(event),
  }
}

/** Types of Postmark's Bounce API after which nothing will be delivered there. */
const HARD = new Set(['HardBounce', 'BadEmailAddress'])
/** This message was not delivered, or was looked upon as spam. */
const SOFT = new Set([
  'Blocked',
  'DMARCPolicy',
  'DnsError',
  'ManuallyDeactivated',
  'SMTPApiError',
  'SoftBounce',
  'SpamNotification',
  'Undeliverable',
  'Unknown',
  'VirusNotification',
])

function feedbackOf({
  RecordType: record,
  Type: type = '',
  Details: details,
  Description: description,
}: PostmarkEvent): ProviderReport['feedback'] {
  if (record === 'SpamComplaint' || type === 'SpamComplaint')
    return { kind: 'complaint', feedbackType: 'abuse' }
  // Opens and clicks are told by our own links.
  if (record !== 'Bounce') return { kind: 'notice', about: 'delivery' }
  if (HARD.has(type) || SOFT.has(type)) {
    const status = statusIn(`${details ?? ''} ${description ?? ''}`) ?? '5.0.0'
    return { kind: 'bounce', permanent: HARD.has(type), status, recipient: null }
  }
  return { kind: 'notice', about: type === 'Transient' ? 'delay' : 'auto-reply' }
}
