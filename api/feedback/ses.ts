import { z } from 'zod'
import { isPermanent, saysLittle, statusIn } from '../../domain/feedback/bounce-status.ts'
import { asDeliveryId, type ProviderReport } from './provider-report.ts'

const notificationSchema = z.looseObject({
  notificationType: z.string().optional(),
  /** In place of it where events of a configuration set are published. */
  eventType: z.string().optional(),
  mail: z
    .looseObject({
      headers: z.array(z.looseObject({ name: z.string(), value: z.string() })).optional(),
    })
    .optional(),
  bounce: z
    .looseObject({
      bounceType: z.string(),
      bounceSubType: z.string().optional(),
      bouncedRecipients: z
        .array(
          z.looseObject({
            status: z.string().optional(),
            diagnosticCode: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  complaint: z.looseObject({ complaintFeedbackType: z.string().nullish() }).optional(),
})
type SesNotification = z.output<typeof notificationSchema>

/**
 * What Amazon SES says of the mail whose headers it shows ("Amazon SNS notification contents for Amazon
 * SES"); undefined where it is nothing of SES.
 */
export function readSes(message: unknown): ProviderReport | undefined {
  const said = notificationSchema.safeParse(message).data
  const kind = said?.notificationType ?? said?.eventType
  if (said === undefined || kind === undefined) return undefined
  const header = (name: string) =>
    said.mail?.headers?.find((each) => each.name.toLowerCase() === name)?.value
  return {
    deliveryId: asDeliveryId(header('x-rumbo-delivery')),
    // It sends under a Message-ID of its own.
    messageId: undefined,
    feedback: feedbackOf(kind, said),
  }
}

function feedbackOf(
  kind: string,
  { bounce, complaint }: SesNotification,
): ProviderReport['feedback'] {
  if (kind === 'Complaint') {
    const type = complaint?.complaintFeedbackType ?? 'abuse'
    return type === 'not-spam'
      ? { kind: 'notice', about: 'not-spam' }
      : { kind: 'complaint', feedbackType: type }
  }
  // Opens and clicks are told by our own links.
  if (kind !== 'Bounce' || bounce === undefined)
    return { kind: 'notice', about: kind === 'DeliveryDelay' ? 'delay' : 'delivery' }
  const { bounceType, bounceSubType = '', bouncedRecipients = [] } = bounce
  const { status: said = '', diagnosticCode: written = '' } = bouncedRecipients[0] ?? {}
  const status = statusIn(said) ?? statusIn(written) ?? '5.0.0'
  return {
    kind: 'bounce',
    permanent: bounceType === 'Permanent' && isForGood(bounceSubType, { status, written }),
    status,
    recipient: null,
  }
}

/** Permanent is to SES also what a policy kept back, and what a recipient has unsubscribed from. */
function isForGood(
  subType: string,
  { status, written }: { readonly status: string; readonly written: string },
): boolean {
  if (/^(?:NoEmail|Suppressed|OnAccountSuppressionList)$/.test(subType)) return true
  if (subType !== 'General') return false
  return saysLittle(status) || isPermanent(status, written)
}
