import { sql, type Kysely } from 'kysely'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { Profile } from '../domain/customers/fact-change.ts'
import { hasDevice } from './devices.ts'
import type { Database } from './schema.ts'

/** What SQL knows of a customer whose actor cannot be asked. */
export interface AskedCustomer extends Profile {
  readonly test: boolean
  /** What the actor last left behind; null where it never did. */
  readonly snapshot: CustomerState | null
  /** purpose → channel → granted, as it is in force for sends. */
  readonly consents: Readonly<Record<string, Readonly<Record<string, boolean>>>>
}

/** How far a customer's clock is ahead of real time, and whether there is an actor to ask; undefined where there is no such customer. */
export async function findAddressee(
  db: Kysely<Database>,
  customerId: string,
): Promise<{ offsetMs: number; isOpen: boolean } | undefined> {
  const row = await db
    .selectFrom('customers')
    .select(['clock_offset_ms', 'actor'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
  return row && { offsetMs: row.clock_offset_ms, isOpen: row.actor === 'open' }
}

/** The customer's state as far as SQL has it. */
export async function findAskedCustomer(
  db: Kysely<Database>,
  customerId: string,
): Promise<AskedCustomer | undefined> {
  const row = await db
    .selectFrom('customers')
    .select(['test', 'known', 'zone', 'traits', 'snapshot'])
    .select(hasDevice('customers.customer_id').as('hasDevice'))
    .select(
      sql<AskedCustomer['consents']>`coalesce((
        select jsonb_object_agg(purpose, channels) from (
          select purpose, jsonb_object_agg(channel, granted) as channels
          from consents where customer_id = customers.customer_id group by purpose
        ) by_purpose), '{}')`.as('consents'),
    )
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
  return row
}
