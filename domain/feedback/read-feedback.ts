import type { Feedback, ReportMail } from './feedback.ts'
import { readDeliveryStatus } from './read-delivery-status.ts'
import { readFeedbackReport } from './read-feedback-report.ts'
import { readWrittenReport } from './read-written-report.ts'

/** Outlook.com's junk mail reports follow no RFC: a subject, and the message with the person's address. */
const OUTLOOK_SUBJECT = /^\s*complaint about message from\b/i
const OUTLOOK_PART = /^x-hmxmroriginalrecipient:/im

/** What a mail says about a message of ours; null where that is not understood. */
export function readFeedback(mail: ReportMail): Feedback | null {
  const partOf = (type: string) => mail.parts.find((part) => part.type === type)
  const report = partOf('message/feedback-report')
  if (report !== undefined) return readFeedbackReport(report.text)
  if (OUTLOOK_SUBJECT.test(mail.subject) && OUTLOOK_PART.test(partOf('message/rfc822')?.text ?? ''))
    return { kind: 'complaint', feedbackType: 'abuse' }
  const status = partOf('message/delivery-status')
  const said = status && readDeliveryStatus(status.text, mail.text)
  const read = said ?? readWrittenReport(mail)
  if (read !== null) return read
  const isAutoReply = /^auto-(?:replied|generated)/i.test(mail.autoSubmitted ?? '')
  return isAutoReply ? { kind: 'notice', about: 'auto-reply' } : null
}
