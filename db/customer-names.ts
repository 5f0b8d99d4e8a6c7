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
    const [kind, value] = [name.slice(0, colon), name.slice(colon + 1)]
    const named = await identities(db)
      .where('kind', '=', kind)
      .where('value', '=', addressOf(kind, value) ?? value)
      .executeTakeFirst()
    if (named !== undefined) return [toNamed(named)]
  }
  const rows = await identities(db)
    .where((eb) =>
      eb.or([
        eb('value', '=', name),
        ...ADDRESS_KINDS.map((kind) => eb.and({ kind, value: addressOf(kind, name) ?? name })),
      ]),
    )
    .orderBy('kind')
    .limit(MATCHES_MAX)
    .execute()
  return rows.map(toNamed)
}

const ADDRESS_KINDS = ['email', 'phone'] as const

/**
 * An address as identities of its kind hold it. Ids of other kinds are never read as one: two user ids
 * that differ in capitals are two people.
 */
function addressOf(kind: string, text: string): string | undefined {
  if (kind === 'email') {
    const mailbox = readEmail(text)
    return mailbox.ok ? mailbox.key : undefined
  }
  if (kind !== 'phone') return undefined
  const line = readPhone(text)
  return line.ok ? line.e164 : undefined
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
