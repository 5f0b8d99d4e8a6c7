import { sql, type Kysely, type RawBuilder } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Which runs a plan is about. */
export interface MigrationScope {
  readonly journey: string
  readonly from: number
  readonly to: number
}

/** Runs of the old version on one step. */
export interface PeopleRow {
  readonly step: string
  readonly status: 'active' | 'waiting' | 'paused'
  readonly test: boolean
  readonly people: number
  /** Those of them who are below the canary share. */
  readonly inShare: number
}

/**
 * Where a run falls between 0 and 1, alike for every look at the same two versions: who is below a
 * share is below every larger one.
 */
export const bucketOf = ({ journey, from, to }: MigrationScope): RawBuilder<number> =>
  sql<number>`(('x' || substr(md5(${`${journey}@${from}>${to}/`}::text || r.run_id), 1, 8))::bit(32)::bigint
    / 4294967296.0::float8)`

/** Who stands where in the old version now. */
export async function listPeople(
  db: Kysely<Database>,
  { share, ...scope }: MigrationScope & { share: number },
): Promise<PeopleRow[]> {
  const { rows } = await sql<PeopleRow>`
    select r.step, r.status, c.test, count(*)::int as people,
      (count(*) filter (where ${bucketOf(scope)} < ${share}))::int as "inShare"
    from runs r join customers c on c.customer_id = r.customer_id
    where r.journey = ${scope.journey} and r.version = ${scope.from} and r.status <> 'ended'
    group by r.step, r.status, c.test
    order by r.step, r.status, c.test`.execute(db)
  return rows
}

/** How many people on a step have got one of these messages in their run. Test customers are left out. */
export async function listDeliveredOn(
  db: Kysely<Database>,
  { journey, from }: MigrationScope,
  wanted: readonly { step: string; message: string }[],
): Promise<{ step: string; message: string; people: number }[]> {
  if (wanted.length === 0) return []
  const { rows } = await sql<{ step: string; message: string; people: number }>`
    select w.step, w.message, count(distinct runs.run_id)::int as people
    from (select * from ${jsonRows(wanted, 'step text, message text')}) w
    join runs on runs.journey = ${journey} and runs.version = ${from} and runs.step = w.step
      and runs.status <> 'ended'
    join customers c on c.customer_id = runs.customer_id and not c.test
    join deliveries d on d.run_id = runs.run_id and d.message = w.message
      and d.status in ('sent', 'sending', 'unknown')
    group by w.step, w.message
    order by w.step, w.message`.execute(db)
  return rows
}
