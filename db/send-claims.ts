import { sql, type Kysely, type Transaction } from 'kysely'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { Need } from '../domain/contact/capacity.ts'
import {
  capacityReason,
  hasWaitingBefore,
  lockFree,
  spendCapacity,
  type Place,
} from './capacities.ts'
import { countDomainDay, lockDomainDay } from './domain-days.ts'
import type { Database } from './schema.ts'
import { SEND_COLUMN_NAMES, sendRow, WAITING } from './sends.ts'
import { stopOf } from './stops.ts'

/** What is scarce, and taken by a send with its claim. */
export interface Takings {
  /** In the order of their names. */
  readonly needs: readonly Need[]
  readonly warmUp: {
    readonly domain: string
    readonly day: string
    /** Null: it is counted, and never held. */
    readonly max: number | null
  } | null
}

/** How a send stands among those that wait for what it takes. */
export interface Queued extends Place {
  /** Customer groups, the most important first. */
  readonly groups: readonly string[]
  /** Why it was parked, where it was let go: what it needs of that is reserved. */
  readonly releasedFor: string | null
}

export interface Claim {
  readonly to: string
  readonly at: Date
  /** The row may already be `sending`: the message goes out again under the same id. */
  readonly isRepeat: boolean
  /** Whether it tells when it is opened and its links are followed. Absent: no. */
  readonly isFollowed?: boolean
  /** What it takes of what is scarce. Absent: nothing. */
  readonly scarce?: Scarce
}

export interface Scarce {
  readonly takings: Takings
  readonly queued: Queued
}

/**
 * `busy`: another try was faster. `short`: too little of a capacity, or others come first.
 * `warmUp`: the sending domain has sent what it may today. `noCustomer`: erased, or about to be.
 */
export type Claimed =
  | { readonly type: 'claimed' | 'busy' | 'warmUp' }
  | { readonly type: 'stopped' | 'noCustomer' }
  | { readonly type: 'short'; readonly need: Need }

/**
 * Takes the row for one try before the conversation begins, so that whoever finds it later knows
 * that there may have been one, and with it what it takes of what is scarce: both or neither. The last
 * look at what people have stopped.
 *
 * Locks: capacities by name, then the day of the domain, then the row.
 */
export async function claimSend(
  db: Kysely<Database>,
  request: DeliveryRequest,
  claim: Claim,
): Promise<Claimed> {
  const { scarce } = claim
  if (scarce === undefined || isNothing(scarce.takings)) return claimRow(db, request, claim)
  return db.transaction().execute(async (trx) => {
    const lacking = await findLacking(trx, scarce)
    if (lacking !== null) return lacking
    const claimed = await claimRow(trx, request, claim)
    if (claimed.type === 'claimed') await take(trx, scarce.takings, 1)
    return claimed
  })
}

/** Gives back what a send took that certainly did not go out: all of it, or nothing. */
export async function giveBack(db: Kysely<Database>, takings: Takings): Promise<void> {
  if (isNothing(takings)) return
  await db.transaction().execute((trx) => take(trx, takings, -1))
}

const isNothing = ({ needs, warmUp }: Takings): boolean => needs.length === 0 && warmUp === null

async function take(
  trx: Transaction<Database>,
  { needs, warmUp }: Takings,
  sign: 1 | -1,
): Promise<void> {
  for (const { name, seconds } of needs) await spendCapacity(trx, name, sign * seconds)
  if (warmUp !== null) await countDomainDay(trx, warmUp, sign)
}

async function findLacking(
  trx: Transaction<Database>,
  { takings: { needs, warmUp }, queued }: Scarce,
): Promise<Claimed | null> {
  for (const need of needs) {
    const { name, seconds } = need
    if ((await lockFree(trx, name, queued.deliveryId)) < seconds) return { type: 'short', need }
    if (queued.releasedFor === capacityReason(name)) continue
    if (await hasWaitingBefore(trx, name, queued.groups, queued)) return { type: 'short', need }
  }
  if (warmUp === null) return null
  const sent = await lockDomainDay(trx, warmUp)
  return warmUp.max !== null && sent >= warmUp.max ? { type: 'warmUp' } : null
}

async function claimRow(
  db: Kysely<Database>,
  request: DeliveryRequest,
  { to, at, isRepeat, isFollowed = false }: Claim,
): Promise<Claimed> {
  const mayBe = [...WAITING, ...(isRepeat ? ['sending'] : [])]
  // Whoever begins to erase the customer holds the row: one of the two comes first.
  const { rows } = await sql<{ stopped: boolean; claimed: boolean; alive: boolean }>`
    with stop as (${stopOf(request)}), alive as (
      select customer_id from customers
      where customer_id = ${request.customerId} and erasing_at is null for key share
    ), claimed as (
      insert into deliveries (${SEND_COLUMN_NAMES}, to_address, followed, status, at)
      select r.*, ${to}::text, ${isFollowed}::boolean, 'sending', ${at}::timestamptz from ${sendRow(request)}
      where not exists (select from stop) and exists (select from alive)
      on conflict (delivery_id) do update set status = 'sending', attempt = excluded.attempt,
        worth = excluded.worth, customer_group = excluded.customer_group,
        to_address = excluded.to_address, followed = excluded.followed,
        variants = excluded.variants, class = excluded.class, reason = null, at = excluded.at, parked_for = null,
        parked_at = null, released_at = null, cost = null, updated_at = now()
      where deliveries.status = any(${mayBe}::text[])
      returning delivery_id
    )
    select exists (select from stop) as stopped, exists (select from claimed) as claimed,
      exists (select from alive) as alive`.execute(db)
  const { stopped, claimed, alive } = rows[0] ?? {}
  if (alive !== true) return { type: 'noCustomer' }
  if (stopped === true) return { type: 'stopped' }
  return { type: claimed === true ? 'claimed' : 'busy' }
}
