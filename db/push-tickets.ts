import { sql, type Kysely } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** A notification that a provider took for one device, and can be asked about later. */
export interface PushTicket {
  readonly ticketId: string
  readonly token: string
}

/** A ticket that is to be asked about. */
export interface DueTicket extends PushTicket {
  readonly deliveryId: string
  /** How often it was asked about, this time included. */
  readonly attempts: number
  /** The provider has nothing about it any more. */
  readonly isTooOld: boolean
}

/** So soon a provider has usually heard of Apple and Google: Expo's documentation says 15 minutes. */
const ASKED_AFTER = sql`interval '15 minutes'`
/** So long Expo keeps what it heard. */
const KEPT_FOR = sql`interval '24 hours'`
/** Whoever took tickets and died is followed after that. */
const WORKED_ON_FOR = sql`interval '2 minutes'`

/** Keeps tickets of a delivery. Safe to repeat. */
export async function insertTickets(
  db: Kysely<Database>,
  { deliveryId, customerId }: { readonly deliveryId: string; readonly customerId: string },
  tickets: readonly PushTicket[],
): Promise<void> {
  if (tickets.length === 0) return
  await sql`
    insert into push_tickets (ticket_id, delivery_id, customer_id, token, due_at)
    select r."ticketId", ${deliveryId}, ${customerId}, r.token, now() + ${ASKED_AFTER}
    from ${jsonRows(tickets, '"ticketId" text, token text')}
    on conflict (ticket_id) do nothing`.execute(db)
}

/** Takes tickets that are due, those that wait longest first. */
export async function claimTickets(db: Kysely<Database>, limit: number): Promise<DueTicket[]> {
  const { rows } = await sql<DueTicket>`
    update push_tickets set due_at = now() + ${WORKED_ON_FOR}, attempts = attempts + 1
    where ticket_id in (
      select ticket_id from push_tickets where due_at <= now()
      order by due_at limit ${limit} for update skip locked)
    returning ticket_id as "ticketId", token, delivery_id as "deliveryId", attempts,
      sent_at + ${KEPT_FOR} <= now() as "isTooOld"`.execute(db)
  return rows
}

/** There is nothing more to ask about. */
export async function deleteTickets(
  db: Kysely<Database>,
  ticketIds: readonly string[],
): Promise<void> {
  if (ticketIds.length === 0) return
  await db.deleteFrom('push_tickets').where('ticket_id', 'in', ticketIds).execute()
}

/** The provider knows nothing yet, or is not to be had. */
export async function postponeTicket(
  db: Kysely<Database>,
  ticketId: string,
  afterMs: number,
): Promise<void> {
  await db
    .updateTable('push_tickets')
    .set({ due_at: sql<Date>`now() + ${afterMs} * interval '1 millisecond'` })
    .where('ticket_id', '=', ticketId)
    .execute()
}
