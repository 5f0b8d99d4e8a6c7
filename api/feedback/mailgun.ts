import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { statusIn } from '../../domain/feedback/bounce-status.ts'
import type { ProviderReport } from './provider-report.ts'

/** Mailgun tries for eight hours; clocks may be off. */
const AGE_MS_MAX = 86_400_000

const callSchema = z.looseObject({
  signature: z.looseObject({
    timestamp: z.coerce.string().max(20),
    token: z.string().min(1).max(100),
    signature: z.string(),
  }),
  'event-data': z.looseObject({
    event: z.string(),
    severity: z.string().optional(),
    reason: z.string().optional(),
    message: z
      .looseObject({ headers: z.looseObject({ 'message-id': z.string().optional() }).optional() })
      .optional(),
    'delivery-status': z
      .looseObject({ message: z.string().nullish(), description: z.string().nullish() })
      .optional(),
  }),
})
export type MailgunCall = z.output<typeof callSchema>

/** A call of Mailgun's webhooks; undefined where it is none. */
export const parseMailgun = (body: unknown): MailgunCall | undefined =>
  callSchema.safeParse(body).data

/**
 * Whether Mailgun made the token, lately: HMAC-SHA256 over timestamp and token. That says nothing of the
 * rest of the call: the caller must see to it that no token is used for two.
 */
export function isSignedByMailgun(
  { signature: { timestamp, token, signature } }: MailgunCall,
  key: string,
  nowMs: number,
): boolean {
  const expected = createHmac('sha256', key).update(timestamp).update(token).digest()
  const given = Buffer.from(signature, 'hex')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
  return Math.abs(nowMs - Number(timestamp) * 1_000) <= AGE_MS_MAX
}

/** Tokens that were used are remembered for longer than they could be used again. */
export const MAILGUN_TOKEN_KEPT_MS = 3 * AGE_MS_MAX

/** What a call of Mailgun says. */
export function readMailgun({ 'event-data': said }: MailgunCall): ProviderReport {
  const id = said.message?.headers?.['message-id']
  return {
    // Mailgun shows it without its brackets.
    messageId: id === undefined ? undefined : `<${id.replace(/^<|>$/g, '')}>`,
    feedback: feedbackOf(said),
  }
}

function feedbackOf({
  event,
  severity,
  reason = '',
  'delivery-status': status,
}: MailgunCall['event-data']): ProviderReport['feedback'] {
  if (event === 'complained') return { kind: 'complaint', feedbackType: 'abuse' }
  if (event !== 'failed') return { kind: 'notice', about: 'delivery' }
  if (severity !== 'permanent') return { kind: 'notice', about: 'delay' }
  const written = `${status?.message ?? ''} ${status?.description ?? ''}`
  return {
    kind: 'bounce',
    // Others are about this message: too old, or kept back by a policy.
    permanent: /^(?:suppress-)?bounce$/.test(reason),
    status: statusIn(written) ?? '5.0.0',
    recipient: null,
  }
}
