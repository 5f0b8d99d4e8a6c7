import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { AudienceReads } from '../domain/audiences/audience-reads.ts'
import type { PossibleMember } from '../domain/audiences/membership.ts'
import type { DidRead } from '../domain/conditions.ts'
import { INSTANTS_MAX } from '../domain/actor/customer-state.ts'
import { BLOCKED_CHANNELS } from './addressed-channels.ts'
import { LIVE_TOKENS } from './devices.ts'
import { countsOf } from './recorded-facts.ts'
import { isPart } from './recorded-customers.ts'
import { jsonText, storableText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Customers looked at by one read. */
const PAGE_CUSTOMERS = 500

export interface MembersPart {
  readonly reads: AudienceReads
  readonly nowMs: number
  /** 0 to 1: which share of the customers, by a hash of their ids. */
  readonly sample: number
}

/**
 * Every real customer with what an audience reads of each, by id. Customers who were merged count with
 * those whom they became.
 *
 * Memory: 500 customers. Cost: one statement for each page.
 */
export async function* streamPossibleMembers(
  db: Kysely<Database>,
  part: MembersPart,
): AsyncGenerator<PossibleMember> {
  for (let after = ''; ;) {
    const page = await listPossibleMembers(db, part, { after, limit: PAGE_CUSTOMERS })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_CUSTOMERS) return
    after = last.customerId
  }
}

/** The next of them, by id. Fewer than `limit` are the last. */
export async function listPossibleMembers(
  db: Kysely<Database>,
  { reads, nowMs, sample }: MembersPart,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<PossibleMember[]> {
  return readMembers(
    db,
    { reads, nowMs },
    sql`c.customer_id > ${after} and ${isPart(sample)} order by c.customer_id limit ${limit}`,
  )
}

/** One of them by id, a test customer too. */
export async function findPossibleMember(
  db: Kysely<Database>,
  part: Omit<MembersPart, 'sample'>,
  customerId: string,
): Promise<PossibleMember | undefined> {
  return (await readMembers(db, part, sql`c.customer_id = ${customerId}`))[0]
}

async function readMembers(
  db: Kysely<Database>,
  { reads, nowMs }: Omit<MembersPart, 'sample'>,
  those: RawBuilder<unknown>,
): Promise<PossibleMember[]> {
  const { rows } = await sql<PossibleMember>`
    with page as (
      select c.customer_id, c.known, c.zone, c.traits from customers c
      where c.merged_into is null and c.erasing_at is null and ${those}
    )
    select c.customer_id as "customerId", c.known, c.zone, c.traits, looked.*,
      ${LIVE_TOKENS} as devices, ${BLOCKED_CHANNELS} as blocked,
      (select coalesce(jsonb_object_agg(said.purpose, said.channels), '{}') from (
        select k.purpose, jsonb_object_agg(k.channel, k.granted) as channels from consents k
        where k.customer_id = c.customer_id group by k.purpose
      ) said) as consents,
      (select coalesce(jsonb_agg(distinct r.journey), '[]') from runs r
        where r.customer_id = c.customer_id and r.status <> 'ended') as journeys
    from page c cross join lateral (
      with ids as (
        select c.customer_id as id union all
        select m.customer_id from customers m where m.merged_into = c.customer_id
      )
      select ${countsOf({ ...reads, names: reads.names.map(storableText), recentMax: INSTANTS_MAX })},
        jsonb_build_array(${sql.join(reads.did.map((did) => happened(did, nowMs)))}) as did
    ) looked
    order by c.customer_id
  `.execute(db)
  return rows
}

/** Whether an event like this is stored of the customers in `ids`. Lists on the way are looked through. */
function happened({ event, path, value, windowMs }: DidRead, nowMs: number): RawBuilder<unknown> {
  const names = path.map((name) => `.${jsonText(name)}`).join('')
  const inWindow =
    windowMs === null
      ? sql`true`
      : sql`e.occurred_at > ${new Date(nowMs - windowMs)} and e.occurred_at <= ${new Date(nowMs)}`
  return sql`exists (select from events e
    where e.customer_id in (select id from ids) and e.name = ${storableText(event)} and ${inWindow}
      and jsonb_path_exists(e.properties, ${`$${names} ? (@ == $text || @ == $other)`}::jsonpath,
        ${jsonText({ text: value, other: writtenAlike(value) })}::jsonb))`
}

/** Callers send numbers and truths unquoted, and a condition quotes all that `did()` takes. */
function writtenAlike(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  const number = Number(value)
  return String(number) === value && Number.isFinite(number) ? number : value
}
