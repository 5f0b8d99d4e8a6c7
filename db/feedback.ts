import { sql, type Kysely } from 'kysely'
import type { FeedbackSubject } from '../domain/feedback/feedback-event.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import type { Database } from './schema.ts'

export interface FeedbackDelivery extends FeedbackSubject {
  /** As the row says, who may have been merged since. */
  readonly customerId: string
  /** What the provider knows it by, of a mail the Message-ID, once its outcome is stored. */
  readonly providerId: string | null
}

/** A message on one of these channels that went out, or may have; undefined where there is none (any more). */
export async function findFeedbackDelivery(
  db: Kysely<Database>,
  deliveryId: string,
  channels: readonly ChannelName[],
): Promise<FeedbackDelivery | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select([
      'customer_id',
      'channel',
      'journey',
      'version',
      'step',
      'message',
      'to_address',
      'provider_id',
      'at',
    ])
    .where('delivery_id', '=', deliveryId)
    .where('channel', 'in', channels)
    // A server may answer before the outcome of its own conversation is stored.
    .where('status', 'in', ['sent', 'unknown', 'sending'])
    .executeTakeFirst()
  if (row === undefined || row.to_address === null) return undefined
  const { customer_id: customerId, provider_id: providerId, to_address: to } = row
  const { channel, journey, version, step, message, at } = row
  return {
    customerId,
    deliveryId,
    channel,
    journey,
    version,
    step,
    message,
    to,
    sentAtMs: at.getTime(),
    providerId,
  }
}

/** What came, and what became of it. Says nothing about anybody. */
export interface FeedbackCount {
  readonly source: string
  readonly kind: string
  readonly verdict: string
}

/** Counts one that came on that day, UTC. */
export async function countFeedback(
  db: Kysely<Database>,
  { source, kind, verdict }: FeedbackCount,
  at: Date,
): Promise<void> {
  await sql`
    insert into feedback_counts as c (day, source, kind, verdict, count)
    values ((${at}::timestamptz at time zone 'UTC')::date, ${source}, ${kind}, ${verdict}, 1)
    on conflict (day, source, kind, verdict) do update set count = c.count + 1`.execute(db)
}

/** What was counted since that day (UTC), newest day first. */
export async function listFeedbackCounts(
  db: Kysely<Database>,
  since: Date,
): Promise<(FeedbackCount & { day: string; count: number })[]> {
  const { rows } = await sql<FeedbackCount & { day: string; count: number }>`
    select day::text, source, kind, verdict, count from feedback_counts
    where day >= (${since}::timestamptz at time zone 'UTC')::date
    order by day desc, source, kind, verdict`.execute(db)
  return rows
}

/**
 * Whether a token was used for this body only. Those from before `forget` are forgotten: they must be too
 * old to be used by then.
 */
export async function claimFeedbackToken(
  db: Kysely<Database>,
  { provider, token, bodyHash }: { provider: string; token: string; bodyHash: string },
  { at, forget }: { at: Date; forget: Date },
): Promise<boolean> {
  const { rows } = await sql<{ body_hash: string }>`
    insert into feedback_tokens as t (provider, token, body_hash, at)
    values (${provider}, ${token}, ${bodyHash}, ${at})
    on conflict (provider, token) do update set at = t.at
    returning body_hash`.execute(db)
  await db.deleteFrom('feedback_tokens').where('at', '<', forget).execute()
  return rows[0]?.body_hash === bodyHash
}
