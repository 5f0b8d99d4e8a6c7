import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { ReactionGroup } from '../domain/feedback/reaction-groups.ts'
import type { Database } from './schema.ts'

/** What may come back of a delivery, as its row notes it. */
export type ReactionKind =
  | 'delivered'
  | 'bounced'
  | 'complained'
  | 'unsubscribed'
  | 'opened'
  | 'machine_opened'
  | 'clicked'

/** Notes on a delivery what came back; of each kind the first stays. Answers whether this was it. */
export async function markReaction(
  db: Kysely<Database>,
  deliveryId: string,
  { kind, at }: { readonly kind: ReactionKind; readonly at: Date },
): Promise<boolean> {
  const column = sql.ref(`${kind}_at`)
  const { numAffectedRows = 0n } = await sql`update deliveries set ${column} = ${at}
    where delivery_id = ${deliveryId} and ${column} is null`.execute(db)
  return numAffectedRows > 0n
}

export interface ReactionFilter {
  readonly by: ReactionGroup
  readonly from: Date
  /** Exclusive. */
  readonly to: Date
  readonly journey?: string | undefined
  readonly version?: number | undefined
  readonly message?: string | undefined
  readonly channel?: string | undefined
}

/** Deliveries of one group. What does not tell it apart from others is null. */
export interface ReactionCounts {
  readonly journey: string | null
  readonly version: number | null
  readonly message: string | null
  readonly variant: string | null
  readonly channel: string | null
  /** UTC. */
  readonly day: string | null
  readonly sent: number
  /** May have gone out, and is in no other number: nobody knows. */
  readonly unknown: number
  /** Of which somebody would have said that they did not arrive: mails, and others of which a report came. */
  readonly told: number
  /** Not delivered. What arrived at one device of several, or in a part, has arrived. */
  readonly bounced: number
  /** Texts and notifications of which a report came, and those of them that arrived. */
  readonly reported: number
  readonly confirmed: number
  /** Sent, and not bounced. */
  readonly delivered: number
  readonly deliveredMails: number
  readonly complained: number
  readonly unsubscribed: number
  /** Delivered, and told of when they are opened and their links are followed. */
  readonly followed: number
  /** By a person. Whoever follows a link has opened it, also where no picture was loaded. */
  readonly opened: number
  readonly machineOpened: number
  readonly clicked: number
}

/** What tells the groups apart; a member that is absent does not. */
const KEYS: Readonly<
  Record<ReactionGroup, Partial<Record<'journey' | 'version' | 'message' | ReactionGroup, string>>>
> = {
  version: { journey: 'd.journey', version: 'd.version' },
  message: { journey: 'd.journey', message: 'd.message' },
  variant: { journey: 'd.journey', message: 'd.message', variant: 'v.variant' },
  channel: { channel: 'd.channel' },
  day: { day: `(d.at at time zone 'UTC')::date::text` },
}

/**
 * What came back of what was sent in a window, by the day it was sent, and how much more may have gone out;
 * test customers left out. A delivery with several variants counts once for each. At most `limit` groups.
 *
 * Cost: one walk of the deliveries of the window.
 */
export async function countReactions(
  db: Kysely<Database>,
  { by, from, to, journey, version, message, channel }: ReactionFilter,
  limit: number,
): Promise<ReactionCounts[]> {
  const keys = KEYS[by]
  const shown = (['journey', 'version', 'message', 'variant', 'channel', 'day'] as const).map(
    (name) => sql`${sql.raw(keys[name] ?? 'null')} as ${sql.id(name)}`,
  )
  const grouped = sql.raw(Object.values(keys).join(', '))
  const isOnly = (column: string, value: string | number | undefined): RawBuilder<unknown> =>
    value === undefined ? sql`` : sql`and ${sql.ref(column)} = ${value}`
  const { rows } = await sql<ReactionCounts>`
    with d as (
      select d.*, is_sent, is_sent and d.channel = 'email' as is_mail,
        is_sent and d.channel <> 'email' and coalesce(d.delivered_at, d.bounced_at) is not null
          as is_reported,
        is_sent and (d.bounced_at is null or d.delivered_at is not null) as is_delivered,
        is_sent and d.bounced_at is null and d.followed as is_followed
      from deliveries d join customers c on c.customer_id = d.customer_id
        cross join lateral (select d.status = 'sent' as is_sent) s
      where d.status in ('sent', 'unknown') and d.at >= ${from} and d.at < ${to} and not c.test
        ${isOnly('d.journey', journey)} ${isOnly('d.version', version)}
        ${isOnly('d.message', message)} ${isOnly('d.channel', channel)}
    )
    select ${sql.join(shown)}, count(*) filter (where is_sent)::int as sent,
      count(*) filter (where not is_sent)::int as unknown,
      count(*) filter (where is_mail or is_reported)::int as told,
      count(*) filter (where is_sent and not is_delivered)::int as bounced,
      count(*) filter (where is_reported)::int as reported,
      count(*) filter (where is_reported and is_delivered)::int as confirmed,
      count(*) filter (where is_delivered)::int as delivered,
      count(*) filter (where is_delivered and is_mail)::int as "deliveredMails",
      count(*) filter (where is_delivered and is_mail and complained_at is not null)::int as complained,
      count(*) filter (where is_delivered and unsubscribed_at is not null)::int as unsubscribed,
      count(*) filter (where is_followed)::int as followed,
      count(*) filter (where is_followed and coalesce(opened_at, clicked_at) is not null)::int as opened,
      count(*) filter (where is_followed and machine_opened_at is not null)::int as "machineOpened",
      count(*) filter (where is_followed and clicked_at is not null)::int as clicked
    from d ${by === 'variant' ? sql`cross join unnest(d.variants) as v(variant)` : sql``}
    group by ${grouped} order by ${grouped} limit ${limit}`.execute(db)
  return rows
}
