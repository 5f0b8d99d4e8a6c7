import type { JsonObject } from '../json.ts'
import type { FeedbackEvent, FeedbackSubject } from './feedback-event.ts'
import type { Arrived, Missed } from './feedback.ts'

/** Channels whose providers tell whether a message arrived. */
export const REPORTING_CHANNELS = ['sms', 'push'] as const

/**
 * The event that says whether a text message or a notification arrived. Segment names it for
 * notifications; for text messages it has no name. That a notification came to Apple or Google is no event,
 * since no device has said that it shows it.
 */
export function arrivalEvent(
  report: Arrived | Missed,
  { deliveryId, channel, journey, version, step, message, to }: FeedbackSubject,
): FeedbackEvent {
  const { device } = report
  const isPush = channel === 'push'
  const about: JsonObject = { delivery_id: deliveryId, journey, version, step, message }
  const where: JsonObject = isPush ? {} : { phone: to }
  const address = device?.token ?? to
  const at = device === undefined ? '' : `:${device.ticketId}`
  if (report.kind === 'delivered')
    return {
      name: isPush ? null : 'SMS Delivered',
      messageId: `feedback:${deliveryId}:delivered${at}`,
      properties: { ...about, ...where },
      marks: 'delivered',
      address,
      blocks: null,
    }
  const { permanent, reason } = report
  const type = permanent ? 'hard' : 'soft'
  return {
    name: isPush ? 'Push Notification Bounced' : 'SMS Undelivered',
    messageId: `feedback:${deliveryId}:undelivered:${type}${at}`,
    properties: { ...about, ...where, type, reason },
    marks: 'bounced',
    address,
    blocks: permanent ? reason : null,
  }
}
