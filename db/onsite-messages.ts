import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { Content } from '../domain/channels/channel-spec.ts'
import { excludedBy } from '../domain/contact/excluded.ts'
import type { Exclusion } from '../domain/contact/policy.ts'
import type { OnsiteAct, OnsiteSubject } from '../domain/feedback/onsite-event.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import { addDuration } from '../domain/time.ts'
import type { Database } from './schema.ts'
import { EXCLUSIONS } from './sends.ts'
import { stopOf } from './stops.ts'
import { idsOf } from './survivors.ts'

/** How long a message is shown that says nothing of it. */
const EXPIRES_IN = 'P1D'
/** Open messages of one customer that are looked at for one that may be shown now. */
const LOOKED_MAX = 20

/** Neither clicked nor put away nor over. */
const OPEN = sql`m.clicked_at is null and m.dismissed_at is null and m.expired_at is null`

/** Now, on the clock of the customer of the row `c`. */
const clockOf = (nowMs: number): RawBuilder<Date> =>
  sql<Date>`to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0)`

/**
 * Keeps a message for the next visit of the customer that its delivery is for; once, however often. It is
 * reckoned from the send, on the customer's clock and calendar. `gone`: erased, or about to be.
 */
export async function putOnsiteMessage(
  db: Kysely<Database>,
  { deliveryId, content }: { readonly deliveryId: string; readonly content: Content<'onsite'> },
): Promise<'stored' | 'gone'> {
  const sent = await db
    .selectFrom('deliveries as d')
    .innerJoin('customers as c', 'c.customer_id', 'd.customer_id')
    .select(['c.customer_id', 'c.zone', 'd.at'])
    .where('d.delivery_id', '=', deliveryId)
    .where('c.erasing_at', 'is', null)
    .executeTakeFirst()
  if (sent === undefined) return 'gone'
  const { customer_id, zone, at } = sent
  const expiresAtMs = addDuration(at.getTime(), content.expiresIn ?? EXPIRES_IN, zone)
  await db
    .insertInto('onsite_messages')
    .values({
      delivery_id: deliveryId,
      customer_id,
      content: JSON.stringify(content),
      created_at: at,
      expires_at: new Date(expiresAtMs),
    })
    .onConflict((conflict) => conflict.column('delivery_id').doNothing())
    .execute()
  return 'stored'
}

/** A message that a page may show now. */
export interface OpenOnsite {
  readonly messageId: string
  readonly content: Content<'onsite'>
  readonly leftMs: number
}

interface Looked extends OpenOnsite {
  readonly class: MessageClass
  readonly exclusions: readonly Exclusion[]
  readonly clockMs: number
}

/**
 * The oldest message that waits for whoever is known by one of these ids, the user id where both lead
 * somewhere. What has forbidden it since it was sent holds: consent withdrawn, an exclusion, a stop.
 */
export async function findNextOnsite(
  db: Kysely<Database>,
  ids: { readonly userId?: string | undefined; readonly anonymousId?: string | undefined },
  nowMs: number,
): Promise<OpenOnsite | undefined> {
  const { rows: found } = await sql<{ customerId: string }>`
    select customer_id as "customerId" from identities
    where kind = 'user' and value = ${ids.userId ?? null}
      or kind = 'anonymous' and value = ${ids.anonymousId ?? null}
    order by kind desc limit 1`.execute(db)
  const [who] = found
  if (who === undefined) return undefined
  const { rows } = await sql<Looked>`
    select m.message_id as "messageId", m.content, d.class, ${EXCLUSIONS} as exclusions,
      ${nowMs}::float8 + c.clock_offset_ms as "clockMs",
      floor(extract(epoch from m.expires_at - ${clockOf(nowMs)}) * 1000)::float8 as "leftMs"
    from customers c
    join onsite_messages m on m.customer_id = any(${idsOf(who.customerId)})
    join deliveries d on d.delivery_id = m.delivery_id and d.status = 'sent'
    where c.customer_id = ${who.customerId} and c.erasing_at is null
      and ${OPEN} and m.expires_at > ${clockOf(nowMs)}
      and (d.class <> 'marketing' or exists (
        select from consents k where k.customer_id = c.customer_id
          and k.purpose = 'marketing' and k.channel = 'onsite' and k.granted))
      and not exists (${stopOf({ class: sql.ref('d.class'), channel: sql.ref('d.channel'), journey: sql.ref('d.journey') })})
    order by m.created_at, m.message_id limit ${LOOKED_MAX}`.execute(db)
  return rows.find(
    ({ class: kind, exclusions, clockMs }) =>
      excludedBy(exclusions, { class: kind, channel: 'onsite' }, clockMs) === null,
  )
}

export interface OnsiteRow extends OnsiteSubject {
  readonly messageId: string
  /** As the row says, who may have been merged since. */
  readonly customerId: string
}

/** What a message is about; undefined where there is none (any more), or it was never sent. */
export async function findOnsiteRow(
  db: Kysely<Database>,
  messageId: string,
): Promise<OnsiteRow | undefined> {
  const { rows } = await sql<OnsiteRow>`
    select m.message_id as "messageId", m.customer_id as "customerId", m.delivery_id as "deliveryId", m.content,
      m.viewed_at is not null as "isViewed", d.journey, d.version, d.step, d.message
    from onsite_messages m join deliveries d on d.delivery_id = m.delivery_id
    where m.message_id = ${messageId} and d.status = 'sent'`.execute(db)
  return rows[0]
}

const COLUMNS = { view: 'viewed_at', click: 'clicked_at', dismissal: 'dismissed_at' } as const

/**
 * Notes what was done about a message. Answers whether it is new, and it was not over by then. The caller
 * holds its customer.
 */
export async function noteOnsiteAct(
  trx: Transaction<Database>,
  messageId: string,
  act: OnsiteAct,
  atMs: number,
): Promise<boolean> {
  // A page tells of both at once, and the second may come first.
  const isNew = act === 'view' ? sql`m.viewed_at is null and m.expired_at is null` : OPEN
  const { numAffectedRows } = await sql`
    update onsite_messages m set ${sql.ref(COLUMNS[act])} = ${new Date(atMs)}
    where m.message_id = ${messageId} and ${isNew}`.execute(trx)
  return numAffectedRows === 1n
}

/** Ends a message that was due. Answers whether it was open. The caller holds its customer. */
export async function expireOnsite(
  trx: Transaction<Database>,
  messageId: string,
  atMs: number,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update onsite_messages m set expired_at = ${new Date(atMs)}
    where m.message_id = ${messageId} and ${OPEN}`.execute(trx)
  return numAffectedRows === 1n
}

/** Open messages whose time is over. Cost: index seeks only. */
export async function listDueOnsite(
  db: Kysely<Database>,
  nowMs: number,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    (select m.message_id as id from onsite_messages m join customers c on c.customer_id = m.customer_id
      where c.erasing_at is null and ${OPEN} and m.expires_at <= ${new Date(nowMs)} order by m.expires_at limit ${limit})
    union
    (select m.message_id from customers c join onsite_messages m on m.customer_id = c.customer_id
      where c.clock_offset_ms > 0 and c.erasing_at is null and ${OPEN} and m.expires_at <= ${clockOf(nowMs)} limit ${limit})`.execute(
    db,
  )
  return rows.map(({ id }) => id)
}
