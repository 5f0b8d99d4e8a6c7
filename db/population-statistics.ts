import { sql, type Kysely, type Transaction } from 'kysely'
import { invariant } from '../domain/errors.ts'
import type { Database } from './schema.ts'

/** What a population does: how often it happened to those to whom it happened at all. Of nobody, all is 0. */
export interface PopulationStatistics {
  readonly customers: number
  readonly mean: number
  /** Of the whole population, not of a sample. */
  readonly deviation: number
}

/** Whether this transaction may count: false where another process does. Until it ends. */
export async function tryLockPopulation(trx: Transaction<Database>): Promise<boolean> {
  const { rows } = await sql<{ isMine: boolean }>`
    select pg_try_advisory_xact_lock(7411202) as "isMine"`.execute(trx)
  return rows[0]?.isMine === true
}

/** Of these rules, those that were not counted since. */
export async function listRulesToCount(
  db: Kysely<Database>,
  rules: readonly string[],
  since: Date,
): Promise<string[]> {
  const counted = await db
    .selectFrom('population_statistics')
    .select('rule')
    .where('rule', 'in', rules)
    .where('computed_at', '>', since)
    .execute()
  const done = new Set(counted.map(({ rule }) => rule))
  return rules.filter((rule) => !done.has(rule))
}

/**
 * Counts over all customers but those for tests, those who were merged as one, each case by itself where `per` names a property.
 * Imports do not count, as they do not with actors. Cost: a scan of the log's index by name.
 */
export async function countPopulation(
  db: Kysely<Database>,
  input: {
    readonly names: readonly string[]
    readonly per: string | null
    readonly after: Date
    readonly until: Date
  },
): Promise<PopulationStatistics> {
  const { names, per, after, until } = input
  const { rows } = await sql<PopulationStatistics>`
    with counts as (
      select count(*)::float8 as n
      from events e join customers c on c.customer_id = e.customer_id
      where e.name = any(${names}::text[]) and not e.historical and not c.test
        and e.occurred_at > ${after} and e.occurred_at <= ${until}
      group by coalesce(c.merged_into, c.customer_id), e.properties ->> ${per}::text
    )
    select count(*)::int as customers, coalesce(avg(n), 0) as mean,
      coalesce(stddev_pop(n), 0) as deviation
    from counts
  `.execute(db)
  const [row] = rows
  invariant(row !== undefined, 'an aggregate has one row')
  return row
}

/** Stores what was counted as the rule's next version. */
export async function insertStatistics(
  trx: Transaction<Database>,
  rule: string,
  { customers, mean, deviation }: PopulationStatistics,
  { threshold, at }: { readonly threshold: number; readonly at: Date },
): Promise<void> {
  await sql`
    insert into population_statistics
      (rule, version, computed_at, customers, mean, deviation, threshold)
    select ${rule}::text, coalesce(max(version), 0) + 1, ${at}::timestamptz, ${customers}::int,
      ${mean}::float8, ${deviation}::float8, ${threshold}::float8
    from population_statistics where rule = ${rule}`.execute(trx)
}
