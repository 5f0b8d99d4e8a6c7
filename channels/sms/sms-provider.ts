import type { ChannelAnswer } from '../channel.ts'
import type { Answered } from '../provider-answer.ts'
import type { HttpRequest } from '../http.ts'

/** One text to one number. */
export interface SmsRequest {
  /** E.164 */
  readonly to: string
  readonly text: string
  readonly idempotencyKey: string
}

/** How one provider is asked, and what its answers mean. */
export interface SmsProvider {
  readonly request: (sms: SmsRequest) => HttpRequest
  readonly read: (answer: Answered, sms: SmsRequest) => ChannelAnswer
}

/** Where a provider of this name tells what became of text messages: `api/routes/feedback.ts`. */
export const reportsAt = (provider: 'twilio' | 'vonage', publicUrl: string): string =>
  `${publicUrl}/v1/feedback/${provider}`
