import { sql, type Kysely } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { channelSpec } from '../domain/channels/index.ts'
import type { OpeningEvents } from '../domain/contact/opening-events.ts'
import type { Database } from './schema.ts'
import { survivorOf } from './survivors.ts'

/** What the store knows against a message that the actor may not have heard of. */
export interface SendBars {
  /** The address is not to be used any more. */
  readonly isBlocked: boolean
  /** The log of the customer, or of whom it was merged into, holds something that may forbid it and that the actor had not handled. */
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
  const both = sql`array[${customerId}::text, ${survivorOf(customerId)}]`
  // What the survivor has heard since they became one, the actor that wanted this send has not.
  const unheardSince = sql`coalesce((
    select m.winner_batch from merges m
    where m.loser = ${customerId} and m.winner = e.customer_id and m.status = 'done'), 0)`
  const { rows } = await sql<SendBars>`
    select exists (
      select from blocked_addresses
      where channel = ${channel} and address = ${channelSpec(channel).plain(to)}
    ) as "isBlocked", (exists (
      select from events e
      where e.customer_id = any(${both}) and e.name = any(${names}::text[]) and not e.historical
        and (e.status = 'pending' or e.batch > case when e.customer_id = ${customerId}
          then ${throughBatch ?? null}::int else ${unheardSince} end)
    ) or (${anyFact}::boolean and exists (
      select from events e
      where e.customer_id = any(${both}) and e.status = 'pending' and e.facts is not null
    ))) as "isUnheard"`.execute(db)
  return rows[0] ?? { isBlocked: false, isUnheard: false }
}
