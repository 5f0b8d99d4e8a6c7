import { sql, type Kysely } from 'kysely'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { BLOCKED_CHANNELS } from './addressed-channels.ts'
import { LIVE_TOKENS } from './devices.ts'
import { IS_PERSON, LIKENESS, type LikenessReason } from './people.ts'
import type { Database } from './schema.ts'

/** Others who look like the customer, for each reason: more are not named. */
const ALIKE_MAX = 20
/** Of so many the oldest are named: a kiosk's address may be everybody's. */
const SORTED_MAX = 1_000

export interface CustomerQuality {
  readonly traits: JsonObject
  readonly lastEventAt: Date | null
  /** When somebody last said something about the customer. */
  readonly lastSaidAt: Date | null
  /** Tokens of devices that can be pushed to. */
  readonly devices: readonly string[]
  /** Channels on which the address is not to be used any more. */
  readonly blocked: readonly string[]
  /** Channels with consent for marketing. */
  readonly marketing: readonly string[]
  readonly findings: readonly QualityFinding[]
  readonly alike: readonly { readonly because: LikenessReason; readonly customerIds: string[] }[]
}

export interface QualityFinding {
  readonly trait: string
  readonly kind: 'setAside' | 'flagged'
  readonly problem: string
  readonly value: JsonValue
  readonly suggestion: string | null
  readonly source: string
  readonly saidAt: Date
}

/** What there is to say about one customer's data. Cost: index seeks only. */
export async function findCustomerQuality(
  db: Kysely<Database>,
  customerId: string,
): Promise<CustomerQuality | undefined> {
  const { rows } = await sql<Omit<CustomerQuality, 'findings' | 'alike'>>`
    select c.traits,
      (select max(e.received_at) from events e where e.customer_id = c.customer_id)
        as "lastEventAt",
      (select e.received_at from events e
        where e.customer_id = c.customer_id and e.traits is not null
        order by e.received_at desc, e.seq desc limit 1) as "lastSaidAt",
      ${LIVE_TOKENS} as devices,
      ${BLOCKED_CHANNELS} as blocked,
      coalesce((select jsonb_agg(k.channel order by k.channel) from consents k
        where k.customer_id = c.customer_id and k.purpose = 'marketing' and k.granted), '[]')
        as marketing
    from customers c where c.customer_id = ${customerId}
  `.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const findings = await db
    .selectFrom('trait_findings')
    .select(['trait', 'kind', 'problem', 'value', 'suggestion', 'source', 'said_at as saidAt'])
    .where('customer_id', '=', customerId)
    .where('status', '=', 'open')
    .orderBy('trait')
    .orderBy('problem')
    .execute()
  return { ...row, findings, alike: await listAlike(db, customerId) }
}

/** Others who share a key, reason by reason. Found before they are sorted, since a planner that sorts first reads everybody. */
async function listAlike(
  db: Kysely<Database>,
  customerId: string,
): Promise<CustomerQuality['alike'][number][]> {
  const alike: CustomerQuality['alike'][number][] = []
  for (const because of Object.keys(LIKENESS) as LikenessReason[]) {
    const { key, isThere } = LIKENESS[because]
    const { rows } = await sql<{ customerId: string }>`
      with alike as materialized (
        select c.customer_id, c.created_at from customers c
        where ${isThere} and ${IS_PERSON} and c.customer_id <> ${customerId}
          and ${key} = (select ${key} from customers c where c.customer_id = ${customerId} and ${isThere})
        limit ${SORTED_MAX}::int
      )
      select customer_id as "customerId" from alike
      order by created_at, customer_id limit ${ALIKE_MAX}::int
    `.execute(db)
    if (rows.length > 0) alike.push({ because, customerIds: rows.map((each) => each.customerId) })
  }
  return alike
}
