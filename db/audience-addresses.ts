import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { HashedIdentifier } from '../domain/channels/audience-sync.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import type { AdPlatform } from '../domain/journeys/values.ts'
import type { JsonObject } from '../domain/json.ts'
import { HAS_CONSENT, NOW_IN_MS, takeBack } from './audience-uploads.ts'
import { currentIdentifiers, isAllOf } from './current-identifiers.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

interface HeldUpload {
  readonly uploadId: string
  readonly customerId: string
  readonly url: string
  readonly list: string
  readonly platform: AdPlatform
  readonly class: MessageClass
  readonly identifiers: readonly HashedIdentifier[]
  readonly traits: JsonObject
  readonly mayBeAdded: boolean
}

/**
 * Has lists of platforms hold customers by the addresses that they have now. What went out of an address that
 * is no longer theirs is taken back; who may still be on the list is added by what there is instead, where
 * there is something. One who only has another address besides stays as they are.
 *
 * The caller holds the customers, and has written their traits.
 */
export async function followAddresses(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<void> {
  if (customerIds.length === 0) return
  const { rows } = await sql<HeldUpload>`
    select u.upload_id as "uploadId", u.customer_id as "customerId", u.url, u.list, u.platform,
      u.class, u.identifiers, c.traits, c.erasing_at is null
        and (u.class <> 'marketing' or ${HAS_CONSENT}) as "mayBeAdded"
    from audience_uploads u join customers c on c.customer_id = u.customer_id
    where u.customer_id = any(${[...customerIds]}::text[]) and u.status <> 'removing'
    order by u.upload_id`.execute(trx)
  const held = rows.map((row) => ({ row, now: currentIdentifiers(row.traits, row.platform) }))
  const isTheirs = ({ row, now }: (typeof held)[number]) => isAllOf(row.identifiers, now)
  const old = held.filter((each) => !isTheirs(each))
  if (old.length === 0) return

  const ids = old.map(({ row }) => row.uploadId)
  await takeBack(trx, sql`upload_id = any(${ids}::text[])`)
  const known = new Set(held.filter(isTheirs).map(({ row }) => placeOf(row)))
  const anew = old.filter(({ row, now }) => {
    if (!row.mayBeAdded || now.length === 0 || known.has(placeOf(row))) return false
    known.add(placeOf(row))
    return true
  })
  await insertAdditions(
    trx,
    anew.map(({ row, now }) => ({ ...row, uploadId: randomUUID(), identifiers: now })),
  )
}

/** What the same consent may put somewhere once. */
const placeOf = ({ customerId, url, list, platform, class: by }: HeldUpload): string =>
  JSON.stringify([customerId, url, list, platform, by])

async function insertAdditions(
  trx: Transaction<Database>,
  additions: readonly HeldUpload[],
): Promise<void> {
  if (additions.length === 0) return
  await sql`
    insert into audience_uploads
      (upload_id, customer_id, url, list, platform, class, identifiers, added_at, status, due_at,
        waits_since)
    select r."uploadId", r."customerId", r.url, r.list, r.platform, r.class, r.identifiers, now(),
      'adding', now(), ${NOW_IN_MS}
    from ${jsonRows(
      additions,
      `"uploadId" text, "customerId" text, url text, list text, platform text, class text,
        identifiers jsonb`,
    )}`.execute(trx)
}
