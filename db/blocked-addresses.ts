import { sql, type Transaction } from 'kysely'
import type { BlockedAddress } from '../domain/contact/blocked-address.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** An address and when it was said not to be used any more. */
export interface NewBlockedAddress extends BlockedAddress {
  readonly atMs: number
}

/** Blocks addresses for good. One that is blocked already stays as it is. */
export async function insertBlockedAddresses(
  trx: Transaction<Database>,
  addresses: readonly NewBlockedAddress[],
): Promise<void> {
  if (addresses.length === 0) return
  // In one order, so that two groups do not wait for each other in a ring.
  await sql`
    insert into blocked_addresses (channel, address, reason, source, since)
    select distinct on (r.channel, r.address) r.channel, r.address, r.reason, r.source,
      to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(addresses, 'channel text, address text, reason text, source text, "atMs" float8')}
    order by r.channel, r.address, r."atMs"
    on conflict (channel, address) do nothing`.execute(trx)
}
