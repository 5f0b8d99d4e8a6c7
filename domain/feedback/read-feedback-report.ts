import type { Complaint, Notice } from './feedback.ts'
import { reportBlocks } from './report-fields.ts'

/** What a feedback report (RFC 5965) says. Null where it does not say of what type it is. */
export function readFeedbackReport(text: string): Complaint | Notice | null {
  const fields = reportBlocks(text).find((block) => block.has('feedback-type'))
  const feedbackType = fields?.get('feedback-type')?.toLowerCase()
  if (feedbackType === undefined || feedbackType === '') return null
  // RFC 6591, RFC 6430: of servers about servers, and of a person who wants the message.
  if (feedbackType === 'auth-failure') return { kind: 'notice', about: 'authentication' }
  if (feedbackType === 'not-spam') return { kind: 'notice', about: 'not-spam' }
  return { kind: 'complaint', feedbackType }
}
