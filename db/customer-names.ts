import type { Kysely } from 'kysely'
import { readEmail } from '../domain/customers/email-address.ts'
import { readPhone } from '../domain/customers/phone-number.ts'
import type { Database } from './schema.ts'

/** Somebody whom a name could mean, and how to say it without doubt. */
export interface NamedCustomer {
  readonly customerId: string
  /** `kind:value`; null for the customer's own id. */
  readonly identity: string | null
}

/** Enough to tell a caller that a name is ambiguous. */
const MATCHES_MAX = 10

/**
 * The customers that `name` means: the one with that id, or whom that one was merged into, else the one
 * with the identity `kind:value`, else all that have an identity with that value.
 */
export async function listNamedCustomers(
  db: Kysely<Database>,
  name: string,
): Promise<NamedCustomer[]> {
  const own = await db
    .selectFrom('customers')
    .select((eb) => eb.fn.coalesce('merged_into', 'customer_id').as('customerId'))
    .where('customer_id', '=', name)
    .where('erasing_at', 'is', null)
    .executeTakeFirst()
  if (own !== undefined) return [{ ...own, identity: null }]

  const colon = name.indexOf(':')
  if (colon > 0) {
    const named = await identities(db)
      .where('kind', '=', name.slice(0, colon))
      .where('value', 'in', [name.slice(colon + 1), ...asAddress(name.slice(colon + 1))])
      .executeTakeFirst()
    if (named !== undefined) return [toNamed(named)]
  }
  const rows = await identities(db)
    .where('value', 'in', [name, ...asAddress(name)])
    .orderBy('kind')
    .limit(MATCHES_MAX)
    .execute()
  return rows.map(toNamed)
}

/** An address as identities hold it. */
function asAddress(text: string): string[] {
  const [mailbox, line] = [readEmail(text), readPhone(text)]
  return [...(mailbox.ok ? [mailbox.key] : []), ...(line.ok ? [line.e164] : [])]
}

function identities(db: Kysely<Database>) {
  return db
    .selectFrom('identities')
    .select(['customer_id as customerId', 'kind', 'value'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('customers as c')
            .select('c.customer_id')
            .whereRef('c.customer_id', '=', 'identities.customer_id')
            .where('c.erasing_at', 'is not', null),
        ),
      ),
    )
}

const toNamed = (row: { customerId: string; kind: string; value: string }): NamedCustomer => ({
  customerId: row.customerId,
  identity: `${row.kind}:${row.value}`,
})
