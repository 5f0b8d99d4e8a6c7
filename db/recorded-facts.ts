import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { JsonValue } from '../domain/json.ts'
import { isPart } from './recorded-customers.ts'
import type { Database } from './schema.ts'

/** Customers looked at by one read. */
const PAGE_CUSTOMERS = 500

/** What of a store is to be counted. */
export interface CountedPart {
  readonly names: readonly string[]
  /** Events and properties of which the worth is added up. */
  readonly worth: readonly { readonly event: string; readonly value: string }[]
  /** Instants of each event that are kept. */
  readonly recentMax: number
  /** 0 to 1: which share of the customers, by a hash of their ids. */
  readonly sample: number
}

export interface CountedCustomer {
  readonly customerId: string
  readonly known: boolean
  readonly counters: Readonly<
    Record<string, { readonly total: number; readonly recentMs: readonly number[] }>
  >
  /** What the property of each of `worth` holds, in its order. */
  readonly worth: readonly (readonly JsonValue[])[]
}

/**
 * Every real customer with counts over all stored events, by id. Customers who were merged count with
 * those whom they became.
 *
 * Memory: 500 customers, with at most `recentMax` instants of each event. Cost: one statement for each page.
 */
export async function* streamCountedCustomers(
  db: Kysely<Database>,
  part: CountedPart,
): AsyncGenerator<CountedCustomer> {
  for (let after = ''; ;) {
    const page = await readPage(db, part, after)
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_CUSTOMERS) return
    after = last.customerId
  }
}

async function readPage(
  db: Kysely<Database>,
  { sample, ...counts }: CountedPart,
  after: string,
): Promise<CountedCustomer[]> {
  const { rows } = await sql<CountedCustomer>`
    with page as (
      select c.customer_id, c.known from customers c
      where c.customer_id > ${after} and c.merged_into is null and c.erasing_at is null
        and ${isPart(sample)}
      order by c.customer_id limit ${PAGE_CUSTOMERS}
    )
    select page.customer_id as "customerId", page.known, counted.counters, counted.worth
    from page cross join lateral (
      with ids as (
        select page.customer_id as id union all
        select m.customer_id from customers m where m.merged_into = page.customer_id
      )
      select ${countsOf(counts)}
    ) counted
    order by page.customer_id
  `.execute(db)
  return rows
}

/** The columns `counters` and `worth` over the events of the customers in `ids`. */
export function countsOf({
  names,
  worth,
  recentMax,
}: Omit<CountedPart, 'sample'>): RawBuilder<unknown> {
  const valuesOf = worth.map(
    ({ event, value }) => sql`(
      select coalesce(jsonb_agg(e.properties -> ${value}::text), '[]') from events e
      where e.name = ${event} and e.customer_id in (select id from ids)
        and e.properties -> ${value}::text is not null)`,
  )
  return sql`
    (select coalesce(jsonb_object_agg(named.name, jsonb_build_object('total', named.total,
        'recentMs', named.recent)), '{}')
      from (
        select ranked.name, max(ranked.total) as total,
          jsonb_agg(ranked.ms order by ranked.ms) filter (where ranked.n <= ${recentMax}::int) as recent
        from (
          select e.name, round(extract(epoch from e.occurred_at) * 1000) as ms,
            count(*) over (partition by e.name) as total,
            row_number() over (partition by e.name order by e.occurred_at desc) as n
          from events e
          where e.customer_id in (select id from ids) and e.name = any(${names}::text[])
        ) ranked group by ranked.name
      ) named) as counters,
    jsonb_build_array(${sql.join(valuesOf)}) as worth`
}
