import { sql, type Kysely } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { Message } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Database, DeliveryStatus } from './schema.ts'

/** What the send activity reads before it judges, in one query and as of one instant. */
export interface SendFacts {
  readonly test: boolean
  readonly deliverTo: string | null
  readonly zone: string
  readonly traits: JsonObject
  readonly consents: readonly ConsentRow[]
  /** Undefined where the version has no such message. */
  readonly message: Message | undefined
  /** All of them, where the run was entered by an event. */
  readonly entryProperties: JsonObject | null
  /** What earlier tries left. */
  readonly delivery: StoredDelivery | null
}

export interface ConsentRow {
  readonly purpose: string
  readonly channel: string
  readonly granted: boolean
}

/** What the customer of the row `c` has said yes and no to. */
export const CONSENTS = sql<ConsentRow[]>`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'purpose', k.purpose, 'channel', k.channel, 'granted', k.granted)), '[]')
  from consents k where k.customer_id = c.customer_id)`

export interface StoredDelivery {
  readonly status: DeliveryStatus
  readonly reason: string | null
  readonly providerId: string | null
  readonly at: Date
}

/** Undefined where there is no such customer (any more). */
export async function findSendFacts(
  db: Kysely<Database>,
  request: DeliveryRequest,
): Promise<SendFacts | undefined> {
  const row = await db
    .selectFrom('customers as c')
    .leftJoin('journey_versions as v', (join) =>
      join.on('v.key', '=', request.journey).on('v.version', '=', request.version),
    )
    .leftJoin('events as e', (join) => join.on('e.seq', '=', request.entry.seq))
    .leftJoin('deliveries as d', (join) => join.on('d.delivery_id', '=', request.deliveryId))
    .where('c.customer_id', '=', request.customerId)
    .select([
      'c.test',
      'c.deliver_to',
      'c.zone',
      'c.traits',
      'e.properties as entryProperties',
      'd.status',
      'd.reason',
      'd.provider_id',
      'd.at',
    ])
    .select((eb) => [
      sql<Message | null>`${eb.ref('v.definition')} -> 'messages' -> ${request.message}::text`.as(
        'message',
      ),
      CONSENTS.as('consents'),
    ])
    .executeTakeFirst()
  if (!row) return undefined
  const { status, at, reason, provider_id: providerId } = row
  return {
    test: row.test,
    deliverTo: row.deliver_to,
    zone: row.zone,
    traits: row.traits,
    consents: row.consents,
    message: row.message ?? undefined,
    entryProperties: row.entryProperties,
    delivery: status === null || at === null ? null : { status, at, reason, providerId },
  }
}

/** A row that says so is still to be sent. */
export const WAITING: readonly DeliveryStatus[] = ['queued', 'held', 'parked']

/**
 * Takes the row for one try before the conversation begins, so that whoever finds it later knows
 * that there may have been one. False when another try was faster.
 *
 * @param isRepeat the row may already be `sending`: the message goes out again under the same id
 */
export async function claimSend(
  db: Kysely<Database>,
  request: DeliveryRequest,
  { to, at, isRepeat }: { to: string; at: Date; isRepeat: boolean },
): Promise<boolean> {
  const claimed = await db
    .insertInto('deliveries')
    .values({ ...columnsOf(request), to_address: to, status: 'sending', at })
    .onConflict((conflict) =>
      conflict
        .column('delivery_id')
        .doUpdateSet({
          status: 'sending',
          attempt: request.attempt,
          to_address: to,
          reason: null,
          at,
          updated_at: sql<Date>`now()`,
        })
        .where('deliveries.status', 'in', isRepeat ? [...WAITING, 'sending'] : WAITING),
    )
    .returning('delivery_id')
    .executeTakeFirst()
  return claimed !== undefined
}

export interface SendResult {
  readonly status: Extract<DeliveryStatus, 'sent' | 'failed' | 'dropped' | 'queued' | 'unknown'>
  readonly reason: string | null
  readonly providerId: string | null
  readonly at: Date
}

/**
 * Writes what became of a try. `sent` is the truth whatever another try wrote meanwhile; nothing
 * overwrites it, and only a conversation that is still open goes back to `queued`.
 */
export async function storeSendResult(
  db: Kysely<Database>,
  request: DeliveryRequest,
  { status, reason, providerId, at }: SendResult,
): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({ ...columnsOf(request), status, reason, provider_id: providerId, at })
    .onConflict((conflict) =>
      conflict
        .column('delivery_id')
        .doUpdateSet({
          status,
          reason,
          provider_id: providerId,
          attempt: request.attempt,
          at,
          updated_at: sql<Date>`now()`,
        })
        .where((eb) =>
          status === 'queued'
            ? eb('deliveries.status', '=', 'sending')
            : eb('deliveries.status', '<>', 'sent'),
        ),
    )
    .execute()
}

function columnsOf(request: DeliveryRequest) {
  return {
    delivery_id: request.deliveryId,
    customer_id: request.customerId,
    run_id: request.runId,
    journey: request.journey,
    version: request.version,
    step: request.step,
    message: request.message,
    channel: request.channel,
    class: request.class,
    attempt: request.attempt,
  }
}
