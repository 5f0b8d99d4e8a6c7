import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { CaseStatus } from '../domain/cases/case-state.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { CaseEventRow, CaseRow } from './cases.ts'
import { IS_PERSON } from './people.ts'
import type { Database } from './schema.ts'

/** Cases for people who read them. */

const instantMs = (column: string): RawBuilder<unknown> =>
  sql`round(extract(epoch from ${sql.ref(column)}) * 1000)::float8`

const COLUMNS = sql`k.case_id as "caseId", k.customer_id as "customerId", k.status, k.type,
  k.severity, ${instantMs('k.opened_at')} as "openedAtMs",
  ${instantMs('k.promised_at')} as "promisedAtMs", ${instantMs('k.resolved_at')} as "resolvedAtMs",
  ${instantMs('k.closed_at')} as "closedAtMs", ${instantMs('k.last_at')} as "lastAtMs", k.contacts,
  k.escalations, k.emotion, k.level, k.satisfaction, k.sources, k.doubts`

export interface CaseFilter {
  readonly customerId?: string | undefined
  readonly status?: CaseStatus | undefined
  readonly type?: string | undefined
  /** Only those that may be another one as well. */
  readonly isDoubtful?: boolean | undefined
}

/** Opened last comes first. Without a customer those of test customers are left out. */
export async function listCases(
  db: Kysely<Database>,
  input: CaseFilter & {
    readonly limit: number
    readonly after?: { readonly openedAtMs: number; readonly caseId: string } | undefined
  },
): Promise<CaseRow[]> {
  const { customerId, status, type, isDoubtful, limit, after } = input
  const conditions = [
    customerId === undefined ? IS_PERSON : sql`k.customer_id = ${customerId}`,
    ...(status === undefined ? [] : [sql`k.status = ${status}`]),
    ...(type === undefined ? [] : [sql`k.type = ${type}`]),
    ...(isDoubtful === true ? [sql`k.doubts <> '[]'::jsonb`] : []),
    ...(after === undefined
      ? []
      : [
          sql`(k.opened_at, k.case_id) < (to_timestamp(${after.openedAtMs} / 1000.0), ${after.caseId})`,
        ]),
  ]
  const { rows } = await sql<CaseRow>`
    select ${COLUMNS} from cases k join customers c on c.customer_id = k.customer_id
    where ${sql.join(conditions, sql` and `)}
    order by k.opened_at desc, k.case_id desc limit ${limit}
  `.execute(db)
  return rows
}

/** A case with what its priority is reckoned from. */
export interface WeighedCase extends CaseRow {
  readonly traits: JsonObject
  /** What the customer's purchases were worth, in the property that the lifecycle rules name. */
  readonly bought: readonly JsonValue[]
}

/** Open cases of real customers, opened first comes first. */
export async function listOpenCases(
  db: Kysely<Database>,
  input: {
    readonly caseId?: string | undefined
    readonly purchase: { readonly event: string; readonly value: string }
    readonly limit: number
  },
): Promise<WeighedCase[]> {
  const { caseId, purchase, limit } = input
  const { rows } = await sql<WeighedCase>`
    select ${COLUMNS}, c.traits, (
      select coalesce(jsonb_agg(e.properties -> ${purchase.value}::text), '[]') from events e
      where e.name = ${purchase.event}
        and e.customer_id in (select c.customer_id union all
          select m.customer_id from customers m where m.merged_into = c.customer_id)
        and e.properties -> ${purchase.value}::text is not null) as bought
    from cases k join customers c on c.customer_id = k.customer_id
    where k.status = 'open'
      and ${caseId === undefined ? IS_PERSON : sql`k.case_id = ${caseId}`}
    order by k.opened_at, k.case_id limit ${limit}
  `.execute(db)
  return rows
}

export async function findCase(db: Kysely<Database>, caseId: string): Promise<CaseRow | undefined> {
  const { rows } = await sql<CaseRow>`
    select ${COLUMNS} from cases k where k.case_id = ${caseId}`.execute(db)
  return rows[0]
}

/** What was said about a case, in the order in which it happened. */
export async function listCaseEvents(
  db: Kysely<Database>,
  caseId: string,
): Promise<Pick<CaseEventRow, 'messageId' | 'action' | 'atMs' | 'source' | 'ref' | 'code'>[]> {
  const { rows } = await sql<CaseEventRow>`
    select message_id as "messageId", action, ${instantMs('at')} as "atMs", source, ref, code
    from case_events where case_id = ${caseId} order by at, message_id`.execute(db)
  return rows
}

export interface CaseCode {
  readonly source: string
  readonly code: string
  readonly count: number
  readonly lastAt: Date
}

/** Every code that was ever given, by who gave it; the most frequent first. Cost: one index. */
export async function listCodes(db: Kysely<Database>, limit: number): Promise<CaseCode[]> {
  const { rows } = await sql<CaseCode>`
    select source, code, count(*)::int as count, max(at) as "lastAt" from case_events
    where code is not null group by source, code
    order by count desc, source, code limit ${limit}`.execute(db)
  return rows
}
