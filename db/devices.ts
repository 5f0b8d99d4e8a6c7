import { sql, type RawBuilder, type Transaction } from 'kysely'
import type { Device } from '../domain/customers/device-book.ts'
import { PUSH_DEVICE } from '../domain/channels/address-trait.ts'
import { appendCommands } from './event-log.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'
import { survivorOf } from './survivors.ts'

/** More than anybody has; those seen last. */
const PUSHED_MAX = 20

/** Tokens that the customer of the row `c` can be pushed to at. */
export const LIVE_TOKENS = sql<string[]>`array(
  select d.token from devices d where d.customer_id = c.customer_id and d.removed_at is null
  order by d.last_seen_at desc, d.token limit ${sql.lit(PUSHED_MAX)})`

/** Whether there is any, of the customer that `id` refers to. */
export const hasDevice = (id: string): RawBuilder<boolean> => sql<boolean>`exists (
  select from devices d where d.customer_id = ${sql.ref(id)} and d.removed_at is null)`

/** Whose devices these are; not of those that are gone. */
export async function findDeviceOwners(
  trx: Transaction<Database>,
  tokens: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct customer_id as id from devices
    where token = any(${[...tokens]}::text[]) and removed_at is null`.execute(trx)
  return rows.map(({ id }) => id)
}

/** Devices with these tokens, and all that these customers have. */
export async function listDevices(
  trx: Transaction<Database>,
  tokens: readonly string[],
  customerIds: readonly string[],
): Promise<Device[]> {
  const { rows } = await sql<Device>`
    select token, customer_id as "customerId", platform, app, reason,
      floor(extract(epoch from last_seen_at) * 1000)::float8 as "lastSeenAtMs",
      floor(extract(epoch from removed_at) * 1000)::float8 as "removedAtMs"
    from devices
    where token = any(${[...tokens]}::text[])
      or (customer_id = any(${[...customerIds]}::text[]) and removed_at is null)`.execute(trx)
  return rows
}

/**
 * Writes devices that changed; `before`: whose they were. Answers how many: fewer than asked for where
 * somebody else was faster. The caller holds the customers.
 */
export async function writeDevices(
  trx: Transaction<Database>,
  changes: readonly { readonly device: Device; readonly before: string | null }[],
): Promise<number> {
  if (changes.length === 0) return 0
  const rows = jsonRows(
    changes.map(({ device, before }) => ({ ...device, before })),
    `token text, "customerId" text, platform text, app text, reason text, before text,
      "lastSeenAtMs" float8, "removedAtMs" float8`,
  )
  const { rows: counts } = await sql<{ n: number }>`
    with r as materialized (select * from ${rows}), added as (
      insert into devices (token, customer_id, platform, app, last_seen_at, removed_at, reason)
      select token, "customerId", platform, app, to_timestamp("lastSeenAtMs" / 1000.0),
        to_timestamp("removedAtMs" / 1000.0), reason
      from r where before is null order by token
      on conflict (token) do nothing returning 1
    ), changed as (
      update devices d set customer_id = r."customerId", platform = r.platform, app = r.app,
        last_seen_at = to_timestamp(r."lastSeenAtMs" / 1000.0),
        removed_at = to_timestamp(r."removedAtMs" / 1000.0), reason = r.reason
      from r where d.token = r.token and d.customer_id = r.before returning 1
    )
    select ((select count(*) from added) + (select count(*) from changed))::int as n`.execute(trx)
  return counts[0]?.n ?? 0
}

/** The devices of a customer become those of the one that it turned out to be. */
export async function takeOverDevices(
  trx: Transaction<Database>,
  { loser, winner }: { readonly loser: string; readonly winner: string },
): Promise<void> {
  await sql`update devices set customer_id = ${winner} where customer_id = ${loser}`.execute(trx)
}

/** Devices that a provider called gone. */
interface GoneDevices {
  readonly customerId: string
  readonly tokens: readonly string[]
  readonly reason: string
  /** Names the removal: it is told once. */
  readonly by: string
  readonly nowMs: number
}

/**
 * Takes devices away that a provider called gone. Where none is left the customer's actor is told, by a
 * row without content. Safe to repeat.
 *
 * Locks: the customer, as everybody does who changes its devices.
 */
export async function removeDevices(trx: Transaction<Database>, gone: GoneDevices): Promise<void> {
  const { tokens, reason, nowMs } = gone
  const { rows } = await sql<{ id: string; offsetMs: number }>`
      select customer_id as id, clock_offset_ms as "offsetMs" from customers
      where customer_id = ${survivorOf(gone.customerId)} for no key update`.execute(trx)
  const [customer] = rows
  if (customer === undefined) return
  const { numAffectedRows } = await sql`
      update devices set removed_at = to_timestamp((${nowMs}::float8 + ${customer.offsetMs}::float8) / 1000.0),
        reason = ${reason}
      where token = any(${[...tokens]}::text[]) and customer_id = ${customer.id}
        and removed_at is null`.execute(trx)
  if ((numAffectedRows ?? 0n) === 0n) return
  const { rows: left } = await sql`
      select from devices where customer_id = ${customer.id} and removed_at is null limit 1`.execute(
    trx,
  )
  if (left.length === 0) await tellNoDevice(trx, { by: gone.by, customerId: customer.id, nowMs })
}

/** Tells a customer's actor that there is nothing left to push to. */
export async function tellNoDevice(
  trx: Transaction<Database>,
  { by, customerId, nowMs }: { by: string; customerId: string; nowMs: number },
): Promise<void> {
  const facts = { has: { [PUSH_DEVICE]: false } }
  const row = { customerId, messageId: `device:${by}:${customerId}`, payload: {}, facts }
  await appendCommands(trx, 'rules', { nowMs, commands: [row] })
}
