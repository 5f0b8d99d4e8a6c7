import type { Kysely } from 'kysely'
import type { JsonObject } from '../domain/json.ts'
import type { Database } from './schema.ts'
import { CONSENTS, type ConsentRow } from './sends.ts'
import { survivorOf } from './survivors.ts'

export interface Preferences {
  readonly traits: JsonObject
  /** All that was ever recorded, in no order. */
  readonly consents: readonly ConsentRow[]
}

/**
 * What a customer, or the one it was merged into, has said yes and no to, and what they are greeted by;
 * undefined where there is none (any more).
 */
export async function findPreferences(
  db: Kysely<Database>,
  customerId: string,
): Promise<Preferences | undefined> {
  return db
    .selectFrom('customers as c')
    .where('c.customer_id', '=', survivorOf(customerId))
    .select(['c.traits', CONSENTS.as('consents')])
    .executeTakeFirst()
}
