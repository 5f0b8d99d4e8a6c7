import { isPermanent, statusIn } from './bounce-status.ts'
import type { Bounce, Notice, ReportMail } from './feedback.ts'

/** Who says that nothing was delivered. */
const DAEMON = /mailer-?daemon|postmaster|mail delivery (?:sub)?system|system administrator/i

const DELAYED =
  /\b(?:has|have) (?:been delayed|not yet been delivered)|\bdelayed \d+ (?:hours|days)|\bstill being retried\b|\bwill (?:be|keep) (?:retried|trying)\b|\bdelivery .{0,30}delayed\b/i

const FAILED =
  /\bcould not be delivered\b|\b(?:wasn't|not|un)\s?able to deliver\b|\bdelivery (?:to the following|has failed|failed)|\bdid not reach the following\b|\bpermanent (?:fatal )?error|\bundeliverable\b|\bwas not delivered\b|\bwere undeliverable\b|\bdelivery fail|^failure notice$/im

/** What follows is the message that came back, and may say anything. */
const ORIGINAL =
  /^.*(?:copy of (?:the|your) (?:message|mail)|original message(?! was received)|unsent message|returned message|message header|below this line).*$/im

/**
 * What a report written for people only says (qmail, old Exim, old Postfix, many gateways). Null where it
 * is none: an answer of a person, or a server that says it in other words.
 */
export function readWrittenReport({ from, subject, text }: ReportMail): Bounce | Notice | null {
  if (!DAEMON.test(from)) return null
  const written = text.split(ORIGINAL, 1)[0] ?? ''
  const all = `${subject}\n${written}`
  if (DELAYED.test(all)) return { kind: 'notice', about: 'delay' }
  if (!FAILED.test(all)) return null
  const status = statusIn(written) ?? '5.0.0'
  return {
    kind: 'bounce',
    // Lines break anywhere.
    permanent: isPermanent(status, written.replaceAll(/\s+/g, ' ')),
    status,
    recipient: addressesIn(written).find((address) => !DAEMON.test(address)) ?? null,
  }
}

const addressesIn = (text: string): string[] =>
  [...text.matchAll(/[^\s<>()[\]"=:;,]+@[^\s<>()[\]":;,]+\w/g)].map(([address]) => address)
