import type { DeliveryFeedback } from '../../domain/feedback/feedback-event.ts'
import type { Notice } from '../../domain/feedback/feedback.ts'

/** One thing that a provider says of a message. */
export interface ProviderReport {
  /** The delivery that it is about, as we gave it along. Absent: the Message-ID of the mail names it. */
  readonly deliveryId?: string | undefined
  /** What the provider knows the message by, a mail by the Message-ID as we wrote it; undefined where it does not say. */
  readonly messageId: string | undefined
  /** Null: not understood. */
  readonly feedback: DeliveryFeedback | Notice | null
}

/** Providers whose webhooks are understood. */
export const FEEDBACK_PROVIDERS = [
  'mailgun',
  'postmark',
  'sendgrid',
  'ses',
  'twilio',
  'vonage',
] as const
export type FeedbackProvider = (typeof FEEDBACK_PROVIDERS)[number]

/** The delivery that a Message-ID of `channels/email/index.ts` names. */
export const deliveryIdIn = (messageId: string | undefined): string | undefined =>
  /^<([\w.-]{1,200})@[^<>@\s]+>$/.exec(messageId ?? '')?.[1]

/** An id of a delivery that came along with a call; undefined where it is none. */
export const asDeliveryId = (text: string | null | undefined): string | undefined =>
  /^[\w.-]{1,200}$/.exec(text ?? '')?.[0]
