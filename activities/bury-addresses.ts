import type { Kysely } from 'kysely'
import type { ChannelAnswer } from '../channels/channel.ts'
import { insertBlockedAddresses } from '../db/blocked-addresses.ts'
import { removeDevices } from '../db/devices.ts'
import type { Database } from '../db/schema.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { channelSpec } from '../domain/channels/index.ts'

/** Keeps what a provider called dead from being used again. Safe to repeat. */
export async function buryAddresses(
  db: Kysely<Database>,
  { channel, customerId, deliveryId }: DeliveryRequest,
  answer: ChannelAnswer,
  atMs: number,
): Promise<void> {
  const dead = answer.type === 'sent' || answer.type === 'refused' ? (answer.dead ?? []) : []
  if (dead.length === 0) return
  const reason = answer.type === 'refused' ? answer.reason : 'dead_address'
  if (channel === 'push') {
    const gone = { customerId, tokens: dead, reason, by: deliveryId, nowMs: atMs }
    await db.transaction().execute((trx) => removeDevices(trx, gone))
    return
  }
  const blocked = dead.map((address) => ({
    channel,
    address: channelSpec(channel).plain(address),
    reason,
    source: `send ${deliveryId}`,
    atMs,
  }))
  await db.transaction().execute((trx) => insertBlockedAddresses(trx, blocked))
}
