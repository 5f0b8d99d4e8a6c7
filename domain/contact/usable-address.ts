import { readEmail } from '../customers/email-address.ts'
import type { JsonObject } from '../json.ts'

/**
 * The address that a mail to this customer goes to; null where there is none, or none that can be used.
 * What came in by the door is good already: this keeps out what was stored before there was one.
 */
export function usableEmail({ email }: JsonObject): string | null {
  if (typeof email !== 'string') return null
  const read = readEmail(email)
  return read.ok ? read.address : null
}
