import { sql, type Kysely } from 'kysely'
import type { ChannelName } from '../domain/journeys/values.ts'
import type { Database, DeliveryStatus } from './schema.ts'
import { idsOf } from './survivors.ts'

export interface DeliveryFilter {
  /** With those merged into it. */
  readonly customerId?: string | undefined
  readonly journey?: string | undefined
  readonly channel?: ChannelName | undefined
  readonly status?: DeliveryStatus | undefined
}

/** At most `limit` deliveries, newest first, older than `after`. */
export async function listDeliveries(
  db: Kysely<Database>,
  {
    filter,
    limit,
    after,
  }: { filter: DeliveryFilter; limit: number; after: { at: Date; deliveryId: string } | undefined },
) {
  let query = db
    .selectFrom('deliveries')
    .select([
      'delivery_id as deliveryId',
      'customer_id as customerId',
      'at',
      'run_id as runId',
      'journey',
      'version',
      'step',
      'message',
      'channel',
      'to_address as to',
      'status',
      'reason',
      'provider_id as providerId',
      'attempt',
    ])
  if (filter.customerId !== undefined)
    query = query.where(sql<boolean>`customer_id = any(${idsOf(filter.customerId)})`)
  if (filter.journey !== undefined) query = query.where('journey', '=', filter.journey)
  if (filter.channel !== undefined) query = query.where('channel', '=', filter.channel)
  if (filter.status !== undefined) query = query.where('status', '=', filter.status)
  if (after !== undefined)
    query = query.where(sql<boolean>`(at, delivery_id) < (${after.at}, ${after.deliveryId})`)
  return query.orderBy('at', 'desc').orderBy('delivery_id', 'desc').limit(limit).execute()
}
