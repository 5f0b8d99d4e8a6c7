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

/**
 * Has the winner of a merge keep what was recorded of the loser: of two that differ the stricter. The
 * history says where it came from. Answers how many changed.
 */
export async function takeOverConsents(
  trx: Transaction<Database>,
  { loser, winner, at }: { readonly loser: string; readonly winner: string; readonly at: Date },
): Promise<number> {
  const { rows } = await sql`
    with taken as (
      insert into consents as mine (customer_id, purpose, channel, granted, at, source, proof)
      select ${winner}, purpose, channel, granted, at, source, proof
      from consents where customer_id = ${loser}
      on conflict (customer_id, purpose, channel) do update
      set granted = excluded.granted, at = excluded.at, source = excluded.source, proof = excluded.proof
      where mine.granted and not excluded.granted
      returning purpose, channel, granted, proof
    )
    insert into consent_history (customer_id, purpose, channel, granted, at, source, proof)
    select ${winner}, purpose, channel, granted, ${at}, 'merge', proof from taken
    order by purpose, channel
    returning history_id`.execute(trx)
  return rows.length
}
