import { sql, type Kysely, type Transaction } from 'kysely'
import type { HashedIdentifier } from '../domain/channels/audience-sync.ts'
import type { AdPlatform } from '../domain/journeys/values.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'
import { lockSurvivors } from './survivors.ts'

/** What a list of a platform is given of a customer. */
export interface AudienceUpload {
  readonly deliveryId: string
  readonly url: string
  readonly list: string
  readonly platform: AdPlatform
  readonly identifiers: readonly HashedIdentifier[]
}

/** The consent without which nothing of class marketing is on a list. */
const CONSENT = { purpose: 'marketing', channel: 'audience_sync' } as const

/** Whether a consent decides what platforms may know. */
export const isAboutUploads = (said: { purpose: string; channel: string }): boolean =>
  said.purpose === CONSENT.purpose && said.channel === CONSENT.channel

/**
 * Remembers what is about to be sent. Whoever withdraws the consent, or is forgotten, holds the same row:
 * either this stands there by then and is taken back, or it is `forbidden`. `removing`: what was sent before
 * is being taken back, which must be over first.
 *
 * Locks: the customer.
 */
export async function rememberUpload(
  db: Kysely<Database>,
  { deliveryId, url, list, platform, identifiers }: AudienceUpload,
): Promise<'remembered' | 'forbidden' | 'removing'> {
  return db.transaction().execute(async (trx) => {
    const delivery = await trx
      .selectFrom('deliveries')
      .select(['customer_id', 'class', 'at'])
      .where('delivery_id', '=', deliveryId)
      .executeTakeFirst()
    if (delivery === undefined) return 'forbidden'
    const { customer_id: addressee, at } = delivery
    const messageClass = delivery.class ?? 'marketing'
    const needsConsent = messageClass === 'marketing'
    const customerId = (await lockSurvivors(trx, [addressee])).get(addressee) ?? addressee
    const { rows } = await sql<{ isForbidden: boolean; isRemoving: boolean }>`
      select c.erasing_at is not null or (${needsConsent} and not ${HAS_CONSENT}) as "isForbidden",
        exists (select from audience_uploads u where u.customer_id = c.customer_id
          and u.url = ${url} and u.list = ${list} and u.status = 'removing') as "isRemoving"
      from customers c where c.customer_id = ${customerId}`.execute(trx)
    const [standing] = rows
    if (standing === undefined || standing.isForbidden) return 'forbidden'
    if (standing.isRemoving) return 'removing'
    await trx
      .insertInto('audience_uploads')
      .values({
        upload_id: deliveryId,
        customer_id: customerId,
        url,
        list,
        platform,
        class: messageClass,
        identifiers: jsonText([...identifiers]),
        added_at: at,
        status: 'added',
        due_at: null,
        problem: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return 'remembered'
  })
}

const HAS_CONSENT = sql<boolean>`exists (select from consents k
  where k.customer_id = c.customer_id and k.purpose = ${CONSENT.purpose}
    and k.channel = ${CONSENT.channel} and k.granted)`

/** Has platforms told to forget what they have by the consent of a customer. The caller holds the customer. */
export async function releaseUploads(
  trx: Transaction<Database>,
  customerId: string,
): Promise<void> {
  await trx
    .updateTable('audience_uploads')
    .set({ status: 'removing', due_at: sql<Date>`now()` })
    .where('customer_id', '=', customerId)
    .where('class', '=', 'marketing')
    .where('status', '=', 'added')
    .execute()
}

/** Has platforms told to forget all that they have of customers who are to be forgotten. */
export async function releaseAllUploads(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<void> {
  await trx
    .updateTable('audience_uploads')
    .set({ status: 'removing', due_at: sql<Date>`now()` })
    .where('customer_id', 'in', [...customerIds])
    .where('status', '=', 'added')
    .execute()
}

/** The winner of a merge is on the lists of both, unless the stricter consent, which holds by now, says no. */
export async function takeOverUploads(
  trx: Transaction<Database>,
  { loser, winner }: { readonly loser: string; readonly winner: string },
): Promise<void> {
  await trx
    .updateTable('audience_uploads')
    .set({ customer_id: winner })
    .where('customer_id', '=', loser)
    .execute()
  const { rows } = await sql`
    select from customers c where c.customer_id = ${winner} and ${HAS_CONSENT}`.execute(trx)
  if (rows.length === 0) await releaseUploads(trx, winner)
}

/**
 * Forgets what a platform was told to forget. What it was given else of the customer for this list, by an
 * older address, is taken back by itself.
 */
export async function forgetUpload(
  db: Kysely<Database>,
  { deliveryId, url, list, identifiers }: AudienceUpload,
): Promise<void> {
  await sql`
    with told as (
      select coalesce(c.merged_into, c.customer_id) as id
      from deliveries d join customers c on c.customer_id = d.customer_id
      where d.delivery_id = ${deliveryId}
    ), gone as (
      delete from audience_uploads u using told
      where u.customer_id = told.id and u.url = ${url} and u.list = ${list}
        and u.identifiers = ${jsonText([...identifiers])}::jsonb
    )
    update audience_uploads u set status = 'removing', due_at = coalesce(due_at, now())
    from told
    where u.customer_id = told.id and u.url = ${url} and u.list = ${list}
      and u.identifiers <> ${jsonText([...identifiers])}::jsonb`.execute(db)
}
