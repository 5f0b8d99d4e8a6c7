import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { Exclusion } from '../domain/contact/policy.ts'
import type { Message } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import { LIVE_TOKENS } from './devices.ts'
import { jsonRows } from './json-rows.ts'
import type { Database, DeliveryStatus } from './schema.ts'
import { stopOf } from './stops.ts'
import { survivorOf } from './survivors.ts'

/** What the send activity reads before it judges, in one query and as of one instant. */
export interface SendFacts {
  readonly test: boolean
  readonly deliverTo: string | null
  readonly zone: string
  readonly traits: JsonObject
  /** Tokens of the devices that can be pushed to. */
  readonly devices: readonly string[]
  readonly consents: readonly ConsentRow[]
  /** Undefined where the version has no such message. */
  readonly message: Message | undefined
  /** All of them, where the run was entered by an event. */
  readonly entryProperties: JsonObject | null
  /** What earlier tries left. */
  readonly delivery: StoredDelivery | null
  /** The rules in force, and the contact policy among them; null for none. */
  readonly bookHash: string | null
  readonly policyHash: string | null
  /** Those that are open, or are still to come into force. */
  readonly exclusions: readonly Exclusion[]
  /** What people have stopped that keeps this send back: `stop:<scope>`. */
  readonly stop: string | null
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

const msOf = (column: string): RawBuilder<number | null> =>
  sql`floor(extract(epoch from ${sql.ref(column)}) * 1000)`

/** Of the customer of the row `c`. */
export const EXCLUSIONS = sql<Exclusion[]>`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'exclusionId', x.exclusion_id, 'rule', x.rule, 'reason', x.reason, 'source', x.source,
    'scope', jsonb_strip_nulls(jsonb_build_object('classes', x.classes, 'channels', x.channels)),
    'sinceMs', ${msOf('x.since')}, 'fromMs', ${msOf('x.in_force_from')},
    'untilMs', ${msOf('x.until')})), '[]')
  from exclusions x where x.customer_id = c.customer_id and x.closed_at is null)`

export interface StoredDelivery {
  readonly status: DeliveryStatus
  readonly reason: string | null
  readonly providerId: string | null
  readonly at: Date
  /** Since when it waits, why, and since when it may go on: of one that was parked. */
  readonly parkedAt: Date | null
  readonly parkedFor: string | null
  readonly releasedAt: Date | null
}

/**
 * Of a customer who was merged meanwhile: of the survivor, who has the stricter consents and the
 * exclusions of both. Undefined where there is none (any more).
 */
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
    .leftJoin('rule_book as b', (join) => join.onTrue())
    .where('c.customer_id', '=', survivorOf(request.customerId))
    .where('c.erasing_at', 'is', null)
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
      'd.parked_at',
      'd.parked_for',
      'd.released_at',
      'b.hash as bookHash',
      'b.contact_hash as policyHash',
    ])
    .select((eb) => [
      sql<Message | null>`${eb.ref('v.definition')} -> 'messages' -> ${request.message}::text`.as(
        'message',
      ),
      CONSENTS.as('consents'),
      LIVE_TOKENS.as('devices'),
      EXCLUSIONS.as('exclusions'),
      sql<string | null>`(${stopOf(request)})`.as('stop'),
    ])
    .executeTakeFirst()
  if (!row) return undefined
  const { status, at, reason, provider_id: providerId } = row
  const { parked_at: parkedAt, parked_for: parkedFor, released_at: releasedAt } = row
  const { bookHash, policyHash, exclusions, stop } = row
  return {
    test: row.test,
    deliverTo: row.deliver_to,
    zone: row.zone,
    traits: row.traits,
    consents: row.consents,
    devices: row.devices,
    message: row.message ?? undefined,
    entryProperties: row.entryProperties,
    delivery:
      status === null || at === null
        ? null
        : { status, at, reason, providerId, parkedAt, parkedFor, releasedAt },
    bookHash,
    policyHash,
    exclusions,
    stop,
  }
}

/** A row that says so is still to be sent. */
export const WAITING: readonly DeliveryStatus[] = ['queued', 'held', 'parked']

export interface SendResult {
  readonly status: Extract<
    DeliveryStatus,
    'sent' | 'failed' | 'dropped' | 'skipped' | 'queued' | 'unknown'
  >
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
    .values({ ...sendColumns(request), status, reason, provider_id: providerId, at })
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

/** The columns that a try knows before it begins. */
function sendColumns(request: DeliveryRequest) {
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
    worth: request.worth ?? null,
    customer_group: request.group ?? null,
    variants: request.variants === undefined ? null : [...request.variants],
  }
}

const SEND_COLUMNS = `delivery_id text, customer_id text, run_id text, journey text, version int,
  step text, message text, channel text, class text, attempt int, worth float8, customer_group text,
  variants text[]`

/** The same as one row `r` of SQL, in the order of `SEND_COLUMN_NAMES`. */
export const sendRow = (request: DeliveryRequest) => jsonRows([sendColumns(request)], SEND_COLUMNS)

export const SEND_COLUMN_NAMES = sql.raw(
  SEND_COLUMNS.split(',')
    .map((column) => column.trim().split(' ')[0])
    .join(', '),
)
