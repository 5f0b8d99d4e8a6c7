import { sql, type Kysely } from 'kysely'
import type { LifecycleState } from '../domain/journeys/journey.ts'
import type { Database } from './schema.ts'

/** A stay of a customer in one state. */
export interface LifecycleStay {
  readonly state: LifecycleState
  /** When it was noticed: an instant of the customer's clock. */
  readonly since: Date
  /** Null: it is the present one. */
  readonly until: Date | null
  readonly reason: string
  /** Version of the rules where they alone made the change. */
  readonly rules: number | null
  readonly turn: number
  readonly ordinal: number
}

/** Where a list of stays goes on. */
export type StayPlace = Pick<LifecycleStay, 'since' | 'turn' | 'ordinal'>

/** The states that a customer was in, the newest first, as the timeline tells them. */
export async function listStays(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: {
    readonly customerId: string
    readonly limit: number
    readonly after: StayPlace | undefined
  },
): Promise<LifecycleStay[]> {
  const isOlder =
    after === undefined
      ? sql`true`
      : sql`(since, turn, ordinal) < (${after.since}::timestamptz, ${after.turn}::int, ${after.ordinal}::int)`
  const { rows } = await sql<LifecycleStay>`
    select * from (
      select t.data ->> 'to' as state, t.at as since,
        lead(t.at) over (order by t.at, t.turn, t.ordinal) as until,
        substr(t.summary, strpos(t.summary, ': ') + 2) as reason,
        (t.data ->> 'rules')::int as rules, t.turn, t.ordinal
      from timeline_entries t
      where t.kind = 'lifecycle' and t.customer_id in (
        select c.customer_id from customers c
        where c.customer_id = ${customerId} or c.merged_into = ${customerId})
    ) stays
    where ${isOlder}
    order by since desc, turn desc, ordinal desc limit ${limit}
  `.execute(db)
  return rows
}

/** How many customers went from one state to another in a week. */
export interface LifecycleFlow {
  /** Its Monday, 00:00 UTC. */
  readonly week: Date
  /** Null: the first state of somebody new. */
  readonly from: LifecycleState | null
  readonly to: LifecycleState
  readonly count: number
}

/**
 * Flows of all ISO weeks until `to`, the present one as far as it is. Test customers are left out, and so
 * is what a customer did before another one became the same person.
 *
 * Cost: one pass over an index that holds changes of state and nothing else.
 */
export async function listFlows(
  db: Kysely<Database>,
  { to }: { readonly to: Date },
): Promise<LifecycleFlow[]> {
  const { rows } = await sql<LifecycleFlow>`
    with changes as (
      select t.at, t.data ->> 'to' as "to",
        lag(t.data ->> 'to') over (partition by t.customer_id order by t.at, t.turn, t.ordinal) as "from"
      from timeline_entries t
      join customers c on c.customer_id = t.customer_id and not c.test and c.merged_into is null
      where t.kind = 'lifecycle' and t.at < ${to}
    )
    select date_trunc('week', at at time zone 'UTC') at time zone 'UTC' as week,
      "from", "to", count(*)::int as count
    from changes
    where "from" is distinct from "to"
    group by 1, 2, 3
    order by 1, 2 nulls first, 3
  `.execute(db)
  return rows
}
