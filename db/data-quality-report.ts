import { sql, type Kysely } from 'kysely'
import { ADDRESSED, ADDRESSED_CHANNELS, type AddressedChannelName } from './addressed-channels.ts'
import { IS_PERSON, LIKENESS, type LikenessReason } from './people.ts'
import type { Database } from './schema.ts'

/** Groups of likely duplicates that are shown. */
const EXAMPLES_MAX = 10
/** Customers of one group that are named. */
const NAMED_MAX = 10
/** Of so many the oldest are named. */
const SORTED_MAX = 1_000

export interface FindingCount {
  readonly kind: 'setAside' | 'flagged'
  readonly problem: string
  readonly trait: string
  readonly customers: number
}

/** What is held against traits of people, how often. Cost: the open findings, no customers' pages. */
export async function countFindings(db: Kysely<Database>): Promise<FindingCount[]> {
  const { rows } = await sql<FindingCount>`
    select f.kind, f.problem, f.trait, count(*)::int as customers
    from trait_findings f join customers c on c.customer_id = f.customer_id
    where f.status = 'open' and ${IS_PERSON}
    group by f.kind, f.problem, f.trait
    order by customers desc, f.kind, f.problem, f.trait
  `.execute(db)
  return rows
}

export interface Completeness {
  readonly customers: number
  /** By trait: who has it. */
  readonly having: Readonly<Record<string, number>>
}

/** How many people have each of these traits. Cost: one scan of `customers`, however many traits. */
export async function countTraits(
  db: Kysely<Database>,
  traits: readonly string[],
): Promise<Completeness> {
  const counts = traits.map(
    (trait, n) =>
      sql`count(*) filter (where c.traits ->> ${trait}::text <> '')::int as ${sql.id(`n${n}`)}`,
  )
  const { rows } = await sql<Record<string, number>>`
    select ${sql.join([sql`count(*)::int as customers`, ...counts])}
    from customers c where ${IS_PERSON}
  `.execute(db)
  const row = rows[0] ?? {}
  return {
    customers: row['customers'] ?? 0,
    having: Object.fromEntries(traits.map((trait, n) => [trait, row[`n${n}`] ?? 0])),
  }
}

export interface ReachCount {
  readonly withAddress: number
  readonly blocked: number
  readonly disposable: number
  /** Consent for marketing on the channel. */
  readonly consented: number
  /** An address that is neither blocked nor disposable. */
  readonly reachable: number
  /** The same, with consent. */
  readonly reachableForMarketing: number
}

/** Who can be written to, channel by channel. Cost: for each a scan of `customers`, joined by hash with three small tables. */
export async function countReach(
  db: Kysely<Database>,
): Promise<Record<AddressedChannelName, ReachCount>> {
  const counts = []
  for (const channel of ADDRESSED) counts.push([channel, await countReachOn(db, channel)])
  return Object.fromEntries(counts) as Record<AddressedChannelName, ReachCount>
}

async function countReachOn(
  db: Kysely<Database>,
  channel: AddressedChannelName,
): Promise<ReachCount> {
  const { trait, address } = ADDRESSED_CHANNELS[channel]
  const { rows } = await sql<ReachCount>`
    select count(*) filter (where has_address)::int as "withAddress",
      count(*) filter (where has_address and blocked)::int as blocked,
      count(*) filter (where has_address and disposable)::int as disposable,
      count(*) filter (where granted)::int as consented,
      count(*) filter (where has_address and not blocked and not disposable)::int as reachable,
      count(*) filter (where has_address and not blocked and not disposable and granted)::int
        as "reachableForMarketing"
    from (
      select coalesce(${address}, '') <> '' as has_address,
        b.address is not null as blocked, f.customer_id is not null as disposable,
        coalesce(k.granted, false) as granted
      from customers c
      left join blocked_addresses b on b.channel = ${channel} and b.address = ${address}
      left join trait_findings f
        on f.customer_id = c.customer_id and f.trait = ${trait} and f.problem = 'disposable'
        and f.status = 'open'
      left join consents k
        on k.customer_id = c.customer_id and k.purpose = 'marketing' and k.channel = ${channel}
      where ${IS_PERSON}
    ) people
  `.execute(db)
  return (
    rows[0] ?? {
      withAddress: 0,
      blocked: 0,
      disposable: 0,
      consented: 0,
      reachable: 0,
      reachableForMarketing: 0,
    }
  )
}

export interface Freshness {
  readonly within30Days: number
  readonly within90Days: number
  readonly within365Days: number
  readonly older: number
  /** No actor has recorded anything of them. */
  readonly never: number
}

/** When people's actors last recorded something. Cost: one scan of `customers`. */
export async function countFreshness(db: Kysely<Database>, nowMs: number): Promise<Freshness> {
  const since = (days: number) => new Date(nowMs - days * 86_400_000)
  const { rows } = await sql<Freshness>`
    select count(*) filter (where as_of >= ${since(30)})::int as "within30Days",
      count(*) filter (where as_of >= ${since(90)} and as_of < ${since(30)})::int as "within90Days",
      count(*) filter (where as_of >= ${since(365)} and as_of < ${since(90)})::int
        as "within365Days",
      count(*) filter (where as_of < ${since(365)})::int as older,
      count(*) filter (where as_of is null)::int as never
    from customers c where ${IS_PERSON}
  `.execute(db)
  return rows[0] ?? { within30Days: 0, within90Days: 0, within365Days: 0, older: 0, never: 0 }
}

export interface DuplicateCount {
  readonly because: LikenessReason
  readonly groups: number
  readonly customers: number
  /** The largest groups, by customer id: the values that they share are on their pages. */
  readonly examples: readonly (readonly string[])[]
}

/** People who look like one another. Cost: a sort or hash of the indexed keys, by reason. */
export async function countDuplicates(db: Kysely<Database>): Promise<DuplicateCount[]> {
  const counted: DuplicateCount[] = []
  for (const because of Object.keys(LIKENESS) as LikenessReason[]) {
    const { key, isThere } = LIKENESS[because]
    const { rows } = await sql<Omit<DuplicateCount, 'because'>>`
      with alike as materialized (
        select ${key} as key, count(*)::int as n
        from customers c where ${isThere} and ${IS_PERSON}
        group by ${key} having count(*) > 1
      ), largest as (
        select array(
          select found.customer_id from (
            select c.customer_id, c.created_at from customers c
            where ${isThere} and ${IS_PERSON} and ${key} = top.key limit ${SORTED_MAX}::int) found
          order by found.created_at, found.customer_id limit ${NAMED_MAX}::int) as ids
        from (select key, n from alike order by n desc, key limit ${EXAMPLES_MAX}::int) top
      )
      select count(*)::int as groups, coalesce(sum(n), 0)::int as customers,
        coalesce((select jsonb_agg(to_jsonb(ids)) from largest), '[]') as examples
      from alike
    `.execute(db)
    counted.push({ because, ...(rows[0] ?? { groups: 0, customers: 0, examples: [] }) })
  }
  return counted
}
