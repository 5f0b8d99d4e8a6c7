import { sql, type Kysely, type Transaction } from 'kysely'
import type { CaseSettings } from '../domain/cases/case-rules.ts'
import type { CaseState } from '../domain/cases/case-state.ts'
import type { CaseStatement } from '../domain/cases/case-statement.ts'
import { traitsOfCases } from '../domain/cases/hear-case-event.ts'
import { joinCases, type JoinedCase } from '../domain/cases/join-cases.ts'
import type { KnownCase } from '../domain/cases/match-case.ts'
import type { JsonObject } from '../domain/json.ts'
import { jsonRows, jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** A customer's case as it is stored. */
export interface CaseRow extends CaseState {
  readonly caseId: string
  readonly customerId: string
  /** Cases that it may be as well. */
  readonly doubts: readonly string[]
}

export interface CaseEventRow extends CaseStatement {
  readonly caseId: string
  readonly customerId: string
}

const ms = (column: string) => sql`round(extract(epoch from ${sql.ref(column)}) * 1000)::float8`

/** All that was said about these customers' cases, oldest case first. */
export async function listKnownCases(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly KnownCase[]>> {
  if (customerIds.length === 0) return new Map()
  const { rows } = await sql<CaseEventRow>`
    select e.message_id as "messageId", e.case_id as "caseId", e.customer_id as "customerId",
      e.action, ${ms('e.at')} as "atMs", e.source, e.ref, e.code, e.keys, e.severity,
      ${ms('e.promised_at')} as "promisedAtMs", e.emotion, e.level, e.satisfaction
    from case_events e join cases c on c.case_id = e.case_id
    where e.customer_id = any(${[...customerIds]}::text[])
    order by c.opened_at, e.case_id, e.at, e.message_id
  `.execute(db)
  const known = new Map<string, Map<string, CaseStatement[]>>()
  for (const { caseId, customerId, ...statement } of rows) {
    const cases = known.get(customerId) ?? new Map<string, CaseStatement[]>()
    known.set(customerId, cases)
    cases.set(caseId, [...(cases.get(caseId) ?? []), statement])
  }
  return new Map(
    [...known].map(([customerId, cases]) => [
      customerId,
      [...cases].map(([caseId, statements]) => ({ caseId, statements })),
    ]),
  )
}

/** Writes cases as they stand now, and what was said about them. The caller holds the customers. */
export async function writeCases(
  trx: Transaction<Database>,
  cases: readonly CaseRow[],
  events: readonly CaseEventRow[],
): Promise<void> {
  await upsertCases(trx, cases)
  await sql`
    insert into case_events (message_id, case_id, customer_id, action, at, source, ref, code, keys,
      severity, promised_at, emotion, level, satisfaction)
    select r."messageId", r."caseId", r."customerId", r.action, to_timestamp(r."atMs" / 1000.0),
      r.source, r.ref, r.code, r.keys, r.severity, to_timestamp(r."promisedAtMs" / 1000.0),
      r.emotion, r.level, r.satisfaction
    from ${jsonRows(events, '"messageId" text, "caseId" text, "customerId" text, action text, "atMs" float8, source text, ref text, code text, keys jsonb, severity int, "promisedAtMs" float8, emotion text, level text, satisfaction float8')}
    on conflict (message_id) do nothing
  `.execute(trx)
}

/** Doubts of a case that is there stay as they were. */
export async function upsertCases(
  trx: Transaction<Database>,
  cases: readonly CaseRow[],
): Promise<void> {
  await sql`
    insert into cases (case_id, customer_id, status, type, severity, opened_at, promised_at,
      resolved_at, closed_at, last_at, contacts, escalations, emotion, level, satisfaction, sources,
      doubts)
    select r."caseId", r."customerId", r.status, r.type, r.severity,
      to_timestamp(r."openedAtMs" / 1000.0), to_timestamp(r."promisedAtMs" / 1000.0),
      to_timestamp(r."resolvedAtMs" / 1000.0), to_timestamp(r."closedAtMs" / 1000.0),
      to_timestamp(r."lastAtMs" / 1000.0), r.contacts, r.escalations, r.emotion, r.level,
      r.satisfaction, r.sources, r.doubts
    from ${jsonRows(cases, '"caseId" text, "customerId" text, status text, type text, severity int, "openedAtMs" float8, "promisedAtMs" float8, "resolvedAtMs" float8, "closedAtMs" float8, "lastAtMs" float8, contacts int, escalations int, emotion text, level text, satisfaction float8, sources jsonb, doubts jsonb')}
    on conflict (case_id) do update set status = excluded.status, type = excluded.type,
      severity = excluded.severity, opened_at = excluded.opened_at,
      promised_at = excluded.promised_at, resolved_at = excluded.resolved_at,
      closed_at = excluded.closed_at, last_at = excluded.last_at, contacts = excluded.contacts,
      escalations = excluded.escalations, emotion = excluded.emotion, level = excluded.level,
      satisfaction = excluded.satisfaction, sources = excluded.sources
  `.execute(trx)
}

/**
 * Has the winner of a merge hold the loser's cases. Open ones that turn out to be one become one; answers
 * which. The caller holds both customers.
 *
 * Cost: one read where neither has a case; four statements for each two that become one.
 */
export async function takeOverCases(
  trx: Transaction<Database>,
  { loser, winner }: { readonly loser: string; readonly winner: string },
  rules: CaseSettings,
): Promise<readonly JoinedCase[]> {
  const known = await listKnownCases(trx, [loser, winner])
  const { joined, doubts } = joinCases(known.get(winner) ?? [], known.get(loser) ?? [], rules)
  for (const table of ['cases', 'case_events'] as const)
    await trx
      .updateTable(table)
      .set({ customer_id: winner })
      .where('customer_id', '=', loser)
      .execute()
  for (const [caseId, others] of doubts) await addDoubts(trx, caseId, others)
  for (const one of joined) await joinCase(trx, winner, one)
  return joined
}

const addDoubts = (trx: Transaction<Database>, caseId: string, others: readonly string[]) =>
  sql`update cases set doubts = doubts || ${jsonText(others)}::jsonb where case_id = ${caseId}`.execute(
    trx,
  )

/** What was in doubt about either is in doubt about the one that goes on, and who doubted it is told its name. */
async function joinCase(
  trx: Transaction<Database>,
  customerId: string,
  { goesOn, ends, state }: JoinedCase,
): Promise<void> {
  await trx
    .updateTable('case_events')
    .set({ case_id: goesOn })
    .where('case_id', '=', ends)
    .execute()
  const gone = await trx
    .deleteFrom('cases')
    .where('case_id', '=', ends)
    .returning('doubts')
    .executeTakeFirstOrThrow()
  await upsertCases(trx, [{ ...state, caseId: goesOn, customerId, doubts: [] }])
  await addDoubts(trx, goesOn, gone.doubts)
  await sql`
    update cases k set doubts = (
      select coalesce(jsonb_agg(distinct named.id), '[]') from jsonb_array_elements_text(k.doubts) d(id)
        cross join lateral (select case d.id when ${ends} then ${goesOn} else d.id end as id) named
      where named.id <> k.case_id)
    where k.customer_id = ${customerId} and k.doubts <> '[]'::jsonb`.execute(trx)
}

/** What is known of a customer by all cases as they are stored; nothing where there never was one. */
export async function reckonCases(
  trx: Transaction<Database>,
  customerId: string,
): Promise<JsonObject> {
  const cases = await trx
    .selectFrom('cases')
    .select(['status', 'severity'])
    .where('customer_id', '=', customerId)
    .execute()
  return cases.length === 0 ? {} : traitsOfCases(cases)
}
