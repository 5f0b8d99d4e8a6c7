import { sql, type Kysely } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { plainAddress } from '../domain/contact/blocked-address.ts'
import type { OpeningEvents } from '../domain/contact/opening-events.ts'
import type { Database } from './schema.ts'

/** What the store knows against a message that the actor may not have heard of. */
export interface SendBars {
  /** The address is not to be used any more. */
  readonly isBlocked: boolean
  /** The customer's log holds something that may forbid it and that the actor had not handled. */
  readonly isUnheard: boolean
}

/**
 * Looked at immediately before a message goes out: in force with the commit that stored it, also while
 * the engine or its workers are down. Cost: index seeks only.
 */
export async function findSendBars(
  db: Kysely<Database>,
  { customerId, channel, throughBatch }: DeliveryRequest,
  to: string,
  { names, anyFact }: OpeningEvents,
): Promise<SendBars> {
  const { rows } = await sql<SendBars>`
    select exists (
      select from blocked_addresses
      where channel = ${channel} and address = ${plainAddress(channel, to)}
    ) as "isBlocked", (exists (
      select from events e
      where e.customer_id = ${customerId} and e.name = any(${names}::text[]) and not e.historical
        and (e.status = 'pending' or e.batch > ${throughBatch ?? null}::int)
    ) or (${anyFact}::boolean and exists (
      select from events e
      where e.customer_id = ${customerId} and e.status = 'pending' and e.facts is not null
    ))) as "isUnheard"`.execute(db)
  return rows[0] ?? { isBlocked: false, isUnheard: false }
}
