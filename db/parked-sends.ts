import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { ScopeColumns } from '../domain/contact/stop-scope.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import { capacityReason, placeOf } from './capacities.ts'
import { appendCommands } from './event-log.ts'
import type { Database, DeliveryStatus } from './schema.ts'
import { SEND_COLUMN_NAMES, sendRow, WAITING } from './sends.ts'
import { stopOf } from './stops.ts'

/** After so long a release that came to nothing is told again. */
const HEARD_WITHIN = sql`interval '5 minutes'`

interface SetAside {
  readonly at: Date
  /** The row may say `sending`: its try is known to be over, and may be repeated. */
  readonly isRepeat: boolean
}

/** Notes that contact rules forbid a send for now. */
export async function holdSend(
  db: Kysely<Database>,
  request: DeliveryRequest,
  { reason, ...aside }: SetAside & { readonly reason: string },
): Promise<void> {
  await setAside(db, request, 'held', aside, sql`select ${reason}::text as reason`)
}

/** Parks a send until there is enough of a capacity; answers why. */
export async function parkForCapacity(
  db: Kysely<Database>,
  request: DeliveryRequest,
  { name, cost, ...aside }: SetAside & { readonly name: string; readonly cost: number },
): Promise<string> {
  const reason = capacityReason(name)
  await setAside(db, request, 'parked', { ...aside, cost }, sql`select ${reason}::text as reason`)
  return reason
}

/**
 * Parks a send for what people have stopped; answers why. Null where that was lifted meanwhile:
 * whoever resumes must find every row that was parked before.
 */
export async function parkForStop(
  db: Kysely<Database>,
  request: DeliveryRequest,
  aside: SetAside,
): Promise<string | null> {
  return setAside(db, request, 'parked', aside, sql`${stopOf(request)} for share of s`)
}

/** Since when it waits stays as it is. What has an outcome, or is being sent by somebody else, is left alone. */
async function setAside(
  db: Kysely<Database>,
  request: DeliveryRequest,
  status: Extract<DeliveryStatus, 'held' | 'parked'>,
  { at, isRepeat, cost = null }: SetAside & { readonly cost?: number | null },
  why: RawBuilder<unknown>,
): Promise<string | null> {
  const isParked = status === 'parked'
  const mayBe = [...WAITING, ...(isRepeat ? ['sending'] : [])]
  const { rows } = await sql<{ reason: string }>`
    with why as (${why}), aside as (
      insert into deliveries (${SEND_COLUMN_NAMES}, status, reason, parked_for, parked_at, cost, at)
      select r.*, ${status}::text, why.reason, case when ${isParked}::boolean then why.reason end,
        case when ${isParked}::boolean then now() end, ${cost}::float8, ${at}::timestamptz
      from why, ${sendRow(request)}
      on conflict (delivery_id) do update set status = excluded.status, attempt = excluded.attempt,
        worth = excluded.worth, customer_group = excluded.customer_group, reason = excluded.reason,
        parked_for = excluded.parked_for,
        parked_at = coalesce(deliveries.parked_at, excluded.parked_at),
        released_at = null, cost = excluded.cost, at = excluded.at, updated_at = now()
      where deliveries.status = any(${mayBe}::text[])
    )
    select reason from why`.execute(db)
  return rows[0]?.reason ?? null
}

export interface ParkedSend {
  readonly deliveryId: string
  readonly customerId: string
}

const PARKED = sql`delivery_id as "deliveryId", customer_id as "customerId"`

/** Of a scope, without those that another stop still keeps back. */
const stoppedIn = ({ scope, name }: ScopeColumns, channel: ChannelName): RawBuilder<unknown> => sql`
  status = 'parked' and released_at is null and parked_for like 'stop:%' and d.channel = ${channel}
    and ${
      scope === 'all'
        ? sql`true`
        : sql`${sql.ref(scope === 'channel' ? 'd.channel' : 'd.journey')} = ${name}`
    }
    and not exists (${stopOf({
      class: sql.ref('d.class'),
      channel: sql.ref('d.channel'),
      journey: sql.ref('d.journey'),
    })})`

/** Sends of a scope that nothing keeps back any more: the most valuable first, then the oldest. */
export async function listResumable(
  db: Kysely<Database>,
  scope: ScopeColumns,
  { channel, limit }: { channel: ChannelName; limit: number },
): Promise<ParkedSend[]> {
  const { rows } = await sql<ParkedSend>`
    select ${PARKED} from deliveries d where ${stoppedIn(scope, channel)}
    order by worth desc nulls last, parked_at, delivery_id limit ${limit}`.execute(db)
  return rows
}

/** What waits for a capacity, in its order, with what each takes. */
export async function listWaitingFor(
  db: Kysely<Database>,
  name: string,
  { groups, limit }: { groups: readonly string[]; limit: number },
): Promise<(ParkedSend & { readonly cost: number })[]> {
  const { rows } = await sql<ParkedSend & { cost: number }>`
    select ${PARKED}, coalesce(cost, 0) as cost from deliveries
    where status = 'parked' and released_at is null and parked_for = ${capacityReason(name)}
    order by ${placeOf(groups)} limit ${limit}`.execute(db)
  return rows
}

/** Sends that were let go long ago and of which nothing was heard, though their run could go on. */
export async function listUnheard(db: Kysely<Database>, limit: number): Promise<ParkedSend[]> {
  const { rows } = await sql<ParkedSend>`
    select d.delivery_id as "deliveryId", d.customer_id as "customerId"
    from deliveries d join runs r on r.run_id = d.run_id and r.status = 'active'
    where d.status = 'parked' and d.released_at < now() - ${HEARD_WITHIN}
    order by d.released_at limit ${limit}`.execute(db)
  return rows
}

/**
 * Lets parked sends go on: tells their actors, who judge each anew. Answers the customers.
 *
 * Locks: the customers, then the rows.
 */
export async function releaseSends(
  trx: Transaction<Database>,
  sends: readonly ParkedSend[],
  { reason, nowMs }: { reason: string; nowMs: number },
): Promise<string[]> {
  if (sends.length === 0) return []
  const told = await appendCommands(trx, 'release', {
    nowMs,
    commands: sends.map(({ deliveryId, customerId }) => ({
      customerId,
      messageId: `release:${deliveryId}:${nowMs}`,
      payload: { deliveryId, reason },
    })),
  })
  const ids = sends.map(({ deliveryId }) => deliveryId)
  await sql`update deliveries set released_at = now()
    where status = 'parked' and delivery_id in (
      select delivery_id from deliveries where delivery_id = any(${ids}::text[])
      order by delivery_id for no key update)`.execute(trx)
  return told
}

/** How many sends are parked, by why. Those that were let go and have not come yet are among them. */
export async function countParked(
  db: Kysely<Database>,
): Promise<{ reason: string; sends: number }[]> {
  const { rows } = await sql<{ reason: string; sends: number }>`
    select coalesce(parked_for, reason, '') as reason, count(*)::int as sends from deliveries
    where status = 'parked' group by 1 order by 1`.execute(db)
  return rows
}
