import { isPermanent, saysLittle, statusIn } from './bounce-status.ts'
import type { Bounce, Notice } from './feedback.ts'
import { reportBlocks, type ReportFields } from './report-fields.ts'

/**
 * What a delivery status notification (RFC 3464) says: that delivery failed where it did for any
 * recipient, since each of our messages has but one. Null where it says nothing of a recipient.
 */
export function readDeliveryStatus(text: string, written: string): Bounce | Notice | null {
  const recipients = reportBlocks(text).filter(
    (fields) => fields.has('action') || fields.has('status') || fields.has('diagnostic-code'),
  )
  const failed = recipients.find(hasFailed)
  if (failed !== undefined) return bounceOf(failed, written)
  const [other] = recipients
  if (other === undefined) return null
  return { kind: 'notice', about: actionOf(other).startsWith('delay') ? 'delay' : 'delivery' }
}

/** Some write more behind it, or another form of the word. */
const actionOf = (fields: ReportFields): string => fields.get('action')?.toLowerCase() ?? ''

function hasFailed(fields: ReportFields): boolean {
  const action = actionOf(fields)
  if (action !== '') return /^(?:fail|error)/.test(action)
  return (fields.get('status') ?? statusIn(fields.get('diagnostic-code') ?? '') ?? '').startsWith(
    '5',
  )
}

function bounceOf(fields: ReportFields, written: string): Bounce {
  const said = fields.get('status') ?? ''
  const diagnostic = fields.get('diagnostic-code') ?? ''
  const code = statusIn(said) ?? '5.0.0'
  // Many servers write the true code into the text that they were answered with.
  const status = saysLittle(code) ? (statusIn(diagnostic) ?? code) : code
  const telling = diagnostic === '' ? `${said} ${written}` : `${said} ${diagnostic}`
  return {
    kind: 'bounce',
    permanent: isPermanent(status, telling),
    status,
    recipient: addressIn(fields.get('original-recipient') ?? fields.get('final-recipient') ?? ''),
  }
}

/** `rfc822;<ada@example.com>` and its variants. */
function addressIn(value: string): string | null {
  const address = value.replace(/^[^;@]*;/, '').replaceAll(/[<>\s]/g, '')
  return address.includes('@') ? address : null
}
