import { sql, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

export interface ConsentGiven {
  readonly granted: boolean
  readonly at: Date
  readonly source: string
  readonly proof: string | null
}

export interface ConsentKey {
  readonly customerId: string
  readonly purpose: string
  readonly channel: string
}

/** The consent in force; undefined when nothing was ever recorded, which means no. */
export async function findConsent(
  trx: Transaction<Database>,
  { customerId, purpose, channel }: ConsentKey,
): Promise<ConsentGiven | undefined> {
  return trx
    .selectFrom('consents')
    .select(['granted', 'at', 'source', 'proof'])
    .where('customer_id', '=', customerId)
    .where('purpose', '=', purpose)
    .where('channel', '=', channel)
    .executeTakeFirst()
}

/** Puts a consent in force and keeps it in the history, with its proof. */
export async function upsertConsent(
  trx: Transaction<Database>,
  { customerId, purpose, channel }: ConsentKey,
  given: ConsentGiven,
): Promise<void> {
  const row = { customer_id: customerId, purpose, channel, ...given }
  await trx
    .insertInto('consents')
    .values(row)
    .onConflict((oc) =>
      oc.columns(['customer_id', 'purpose', 'channel']).doUpdateSet({
        granted: sql`excluded.granted`,
        at: sql`excluded.at`,
        source: sql`excluded.source`,
        proof: sql`excluded.proof`,
      }),
    )
    .execute()
  await trx.insertInto('consent_history').values(row).execute()
}
