import type { DeliveryFeedback } from '../../domain/feedback/feedback-event.ts'
import type { Notice } from '../../domain/feedback/feedback.ts'

/** One thing that a provider says of a mail. */
export interface ProviderReport {
  /** Of the mail that it is about, as we wrote it; undefined where the provider does not say. */
  readonly messageId: string | undefined
  /** Null: not understood. */
  readonly feedback: DeliveryFeedback | Notice | null
}

/** Providers whose webhooks are understood. */
export const FEEDBACK_PROVIDERS = ['mailgun', 'sendgrid'] as const
export type FeedbackProvider = (typeof FEEDBACK_PROVIDERS)[number]

/** The delivery that a Message-ID of `channels/email/index.ts` names. */
export const deliveryIdIn = (messageId: string | undefined): string | undefined =>
  /^<([\w.-]{1,200})@[^<>@\s]+>$/.exec(messageId ?? '')?.[1]
