import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { HashedIdentifier } from '../domain/channels/audience-sync.ts'
import type { AdPlatform } from '../domain/journeys/values.ts'
import type { JsonObject } from '../domain/json.ts'
import { currentIdentifiers, isAllOf } from './current-identifiers.ts'
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
 * either this stands there by then and is taken back, or it is `forbidden`. Whoever changes the address does
 * too: `changed` is what is no longer theirs. `removing`: what was sent before is being taken back, which must
 * be over first.
 *
 * Locks: the customer.
 */
export async function rememberUpload(
  db: Kysely<Database>,
  { deliveryId, url, list, platform, identifiers }: AudienceUpload,
): Promise<'remembered' | 'forbidden' | 'removing' | 'changed'> {
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
    const { rows } = await sql<{ isForbidden: boolean; isRemoving: boolean; traits: JsonObject }>`
      select c.traits, c.erasing_at is not null or (${needsConsent} and not ${HAS_CONSENT}) as "isForbidden",
        exists (select from audience_uploads u where u.customer_id = c.customer_id
          and u.url = ${url} and u.list = ${list} and u.status = 'removing') as "isRemoving"
      from customers c where c.customer_id = ${customerId}`.execute(trx)
    const [standing] = rows
    if (standing === undefined || standing.isForbidden) return 'forbidden'
    if (standing.isRemoving) return 'removing'
    if (!isAllOf(identifiers, currentIdentifiers(standing.traits, platform))) return 'changed'
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
        waits_since: null,
        problem: null,
      })
      // A repeat may be by more than the first try: a number that has come since.
      .onConflict((conflict) =>
        conflict
          .column('upload_id')
          .doUpdateSet((eb) => ({ identifiers: eb.ref('excluded.identifiers') })),
      )
      .execute()
    return 'remembered'
  })
}

/** Of the row `c` of `customers`. */
export const HAS_CONSENT = sql<boolean>`exists (select from consents k
  where k.customer_id = c.customer_id and k.purpose = ${CONSENT.purpose}
    and k.channel = ${CONSENT.channel} and k.granted)`

/** Has platforms told to forget what they have by the consent of a customer. The caller holds the customer. */
export const releaseUploads = (trx: Transaction<Database>, customerId: string): Promise<void> =>
  takeBack(trx, sql`customer_id = ${customerId} and class = 'marketing'`)

/** Has platforms told to forget all that they have of customers who are to be forgotten. */
export const releaseAllUploads = (
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<void> => takeBack(trx, sql`customer_id = any(${[...customerIds]}::text[])`)

/** As a cursor can tell it. */
export const NOW_IN_MS = sql`date_trunc('milliseconds', now())`

/** As long as a worker that tells a platform something may be at it; one that died is followed after that. */
export const WORKED_ON_MAX = sql`interval '2 minutes'`

/**
 * Has platforms told to forget some of what they have. What they are being told just now goes after that;
 * what they were never told of goes at once.
 */
export async function takeBack(
  trx: Transaction<Database>,
  which: RawBuilder<unknown>,
): Promise<void> {
  await sql`delete from audience_uploads
    where status = 'adding' and attempts = 0 and ${which}`.execute(trx)
  // A statement of its own: whoever began with one of them meanwhile is seen here.
  await sql`
    update audience_uploads set status = 'removing', attempts = 0, problem = null,
      waits_since = ${NOW_IN_MS}, due_at = least(greatest(due_at, now()), now() + ${WORKED_ON_MAX})
    where status <> 'removing' and ${which}`.execute(trx)
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
 *
 * Locks: the customer.
 */
export async function forgetUpload(
  db: Kysely<Database>,
  { deliveryId, url, list, identifiers }: AudienceUpload,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const delivery = await trx
      .selectFrom('deliveries')
      .select('customer_id')
      .where('delivery_id', '=', deliveryId)
      .executeTakeFirst()
    if (delivery === undefined) return
    const { customer_id: addressee } = delivery
    const customerId = (await lockSurvivors(trx, [addressee])).get(addressee) ?? addressee
    const ofList = sql`customer_id = ${customerId} and url = ${url} and list = ${list}`
    // What a worker is adding just now may reach the platform later than this did.
    await sql`delete from audience_uploads
      where ${ofList} and status <> 'adding'
        and identifiers = ${jsonText([...identifiers])}::jsonb`.execute(trx)
    await takeBack(trx, ofList)
  })
}
