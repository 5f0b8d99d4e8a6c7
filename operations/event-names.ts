import { storableText } from '../db/json-rows.ts'
import { cleanTraits } from '../domain/customers/clean-traits.ts'
import { readEmail } from '../domain/customers/email-address.ts'
import { readPhone } from '../domain/customers/phone-number.ts'
import type { JsonValue } from '../domain/json.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { readEvent } from './read-event.ts'

/** Something that a person is called by. */
interface Name {
  readonly kind: string
  readonly value: string
}

/** Longer ids are not kept: an index could not hold them. */
const VALUE_BYTES_MAX = 255

/** The addresses that an event tells of its customer, as they are compared: written otherwise they are the same. */
export function addressNames(event: IncomingEvent, defaultRegion?: string): Name[] {
  const { email, phone } = cleanTraits(readEvent(event).said, { before: {}, defaultRegion }).kept
  return namesOfAddresses({ email, phone })
}

/** The same of traits that are kept. */
export function namesOfAddresses({
  email,
  phone,
}: {
  readonly email: JsonValue | undefined
  readonly phone: JsonValue | undefined
}): Name[] {
  const mailbox = typeof email === 'string' ? readEmail(email) : null
  const line = typeof phone === 'string' ? readPhone(phone) : null
  return [
    ...(mailbox?.ok === true ? [{ kind: 'email', value: mailbox.key }] : []),
    ...(line?.ok === true ? [{ kind: 'phone', value: line.e164 }] : []),
  ]
}

/**
 * Ids of callers' own, as Segment's `context.externalIds` tells them; what is none is left out. Segment
 * itself sends addresses there too: they are compared like those in the traits.
 */
export function externalNames({ context }: IncomingEvent, defaultRegion?: string): Name[] {
  const told = context?.['externalIds']
  if (!Array.isArray(told)) return []
  return told.flatMap((each): Name[] => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return []
    const { id, type } = each
    if (typeof id !== 'string' || typeof type !== 'string' || id === '') return []
    if (Buffer.byteLength(id) > VALUE_BYTES_MAX) return []
    if (type === 'email' || type === 'phone') {
      const { email, phone } = cleanTraits({ [type]: id }, { before: {}, defaultRegion }).kept
      return namesOfAddresses({ email, phone })
    }
    return [{ kind: type, value: storableText(id) }]
  })
}
