import type { Kysely, Transaction } from 'kysely'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { Profile } from '../domain/customers/fact-change.ts'
import { hasDevice } from './devices.ts'
import type { Database } from './schema.ts'

export interface StoredCustomer extends Profile {
  readonly test: boolean
  readonly snapshot: CustomerState | null
  /** The last batch that the snapshot holds; null without a snapshot. */
  readonly snapshotBatch: number | null
  /** The last turn whose record is written; turns after the snapshot's may be. */
  readonly pageTurn: number
  /** Merged into another customer, or being erased. */
  readonly isGone: boolean
}

/** A customer with what its actor last left behind, held against other writers until `trx` ends. */
export async function lockStoredCustomer(
  trx: Transaction<Database>,
  customerId: string,
): Promise<StoredCustomer | undefined> {
  return trx
    .selectFrom('customers')
    .select([
      'test',
      'known',
      'zone',
      'traits',
      hasDevice('customers.customer_id').as('hasDevice'),
      'snapshot',
      'snapshot_batch as snapshotBatch',
      'page_turn as pageTurn',
      (eb) =>
        eb
          .or([eb('merged_into', 'is not', null), eb('erasing_at', 'is not', null)])
          .$castTo<boolean>()
          .as('isGone'),
    ])
    .where('customer_id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** What is known of a customer besides events. */
export async function findProfile(
  db: Kysely<Database>,
  customerId: string,
): Promise<Profile | undefined> {
  return db
    .selectFrom('customers')
    .select(['traits', 'known', 'zone', hasDevice('customers.customer_id').as('hasDevice')])
    .where('customer_id', '=', customerId)
    .executeTakeFirst()
}
