import { sql, type Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { ErasedName } from '../db/tombstones.ts'
import { cleanTraits } from '../domain/customers/clean-traits.ts'
import { readEmail } from '../domain/customers/email-address.ts'
import { readPhone } from '../domain/customers/phone-number.ts'
import type { JsonValue } from '../domain/json.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { readEvent } from './read-event.ts'
import { identityKeys } from './resolve-identities.ts'

/** Every name under which somebody could come back: our own ids, identities, addresses. */
export async function namesOf(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<ErasedName[]> {
  const all = sql`${[...customerIds]}::text[]`
  const { rows: identities } = await sql<ErasedName>`
    select kind, value from identities where customer_id = any(${all})`.execute(db)
  const { rows: traits } = await sql<{ email: JsonValue; phone: JsonValue }>`
    select traits -> 'email' as email, traits -> 'phone' as phone from customers
    where customer_id = any(${all})`.execute(db)
  const own = customerIds.map((value) => ({ kind: 'customer', value }))
  return [...own, ...identities, ...traits.flatMap(addressNames)]
}

/** Every name that an event calls its customer by. */
export const namesIn = (event: IncomingEvent): ErasedName[] => {
  const { email, phone } = cleanTraits(readEvent(event).said, { before: {} }).kept
  return [...identityKeys(event), ...addressNames({ email, phone })]
}

/** Addresses as they are compared: written in another way they are the same person's. */
function addressNames({
  email,
  phone,
}: {
  readonly email: JsonValue | undefined
  readonly phone: JsonValue | undefined
}): ErasedName[] {
  const names: ErasedName[] = []
  const mailbox = typeof email === 'string' ? readEmail(email) : null
  if (mailbox?.ok === true) names.push({ kind: 'email', value: mailbox.key })
  const line = typeof phone === 'string' ? readPhone(phone) : null
  if (line?.ok === true) names.push({ kind: 'phone', value: line.e164 })
  return names
}
