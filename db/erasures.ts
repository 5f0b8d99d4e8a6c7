import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonText } from './json-rows.ts'
import { eraseSlice, type Person } from './personal-data.ts'
import type { Database, ErasureReceipt } from './schema.ts'

export interface ErasureRow {
  readonly erasureId: string
  readonly status: 'running' | 'done'
  readonly receipt: ErasureReceipt
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly completedAt: Date | null
}

const COLUMNS = [
  'erasure_id as erasureId',
  'status',
  'receipt',
  'created_at as createdAt',
  'created_by as createdBy',
  'completed_at as completedAt',
] as const

/** One process at a time works on an erasure; who dies is followed after that. */
const WORK_FOR = sql`interval '2 minutes'`

export async function insertErasure(
  trx: Transaction<Database>,
  erasure: {
    readonly erasureId: string
    readonly subject: string
    readonly customerIds: readonly string[]
    readonly receipt: ErasureReceipt
    readonly createdBy: string | null
    readonly at: Date
  },
): Promise<void> {
  await trx
    .insertInto('erasures')
    .values({
      erasure_id: erasure.erasureId,
      subject: erasure.subject,
      customer_ids: [...erasure.customerIds],
      status: 'running',
      receipt: jsonText(erasure.receipt),
      created_by: erasure.createdBy,
      created_at: erasure.at,
    })
    .execute()
}

export async function findErasure(
  db: Kysely<Database>,
  erasureId: string,
): Promise<ErasureRow | undefined> {
  return db
    .selectFrom('erasures')
    .select(COLUMNS)
    .where('erasure_id', '=', erasureId)
    .executeTakeFirst()
}

/** Erasures, the newest first. */
export async function listErasures(
  db: Kysely<Database>,
  { limit, before }: { readonly limit: number; readonly before: ErasurePlace | undefined },
): Promise<ErasureRow[]> {
  return db
    .selectFrom('erasures')
    .select(COLUMNS)
    .$if(before !== undefined, (query) =>
      query.where(
        sql<boolean>`(created_at, erasure_id) < (${before?.createdAt}::timestamptz, ${before?.erasureId}::text)`,
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('erasure_id', 'desc')
    .limit(limit)
    .execute()
}

export type ErasurePlace = Pick<ErasureRow, 'createdAt' | 'erasureId'>

/** Those that are to be gone on with, and nobody works on. */
export async function listRunningErasures(db: Kysely<Database>): Promise<string[]> {
  const rows = await db
    .selectFrom('erasures')
    .select('erasure_id')
    .where('status', '=', 'running')
    .where(sql<boolean>`worked_until is null or worked_until < now()`)
    .orderBy('created_at')
    .limit(100)
    .execute()
  return rows.map(({ erasure_id: id }) => id)
}

/** Takes an erasure to work on; the ids of its customers. Undefined: it is done, or somebody has it. */
export async function takeErasure(
  db: Kysely<Database>,
  erasureId: string,
): Promise<{ customerIds: string[]; receipt: ErasureReceipt } | undefined> {
  const row = await db
    .updateTable('erasures')
    .set({ worked_until: sql`now() + ${WORK_FOR}` })
    .where('erasure_id', '=', erasureId)
    .where('status', '=', 'running')
    .where(sql<boolean>`worked_until is null or worked_until < now()`)
    .returning(['customer_ids', 'receipt'])
    .executeTakeFirst()
  return row && { customerIds: row.customer_ids, receipt: row.receipt }
}

/** Lets others go on with it. */
export async function letGoOfErasure(db: Kysely<Database>, erasureId: string): Promise<void> {
  await db
    .updateTable('erasures')
    .set({ worked_until: null })
    .where('erasure_id', '=', erasureId)
    .execute()
}

/** Notes in the receipt what was done. */
export async function noteErasure(
  db: Kysely<Database>,
  erasureId: string,
  change: Partial<ErasureReceipt>,
): Promise<void> {
  await db
    .updateTable('erasures')
    .set({
      receipt: sql`receipt || ${jsonText(change)}::jsonb`,
      worked_until: sql`now() + ${WORK_FOR}`,
    })
    .where('erasure_id', '=', erasureId)
    .execute()
}

/** Erases one slice of a table and counts it, both or neither. Answers whether that was the last. */
export async function eraseAndCount(
  db: Kysely<Database>,
  {
    erasureId,
    table,
    person,
  }: { readonly erasureId: string; readonly table: keyof Database; readonly person: Person },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { rows, isLast } = await eraseSlice(trx, table, person)
    if (rows > 0)
      await sql`
        update erasures set worked_until = now() + ${WORK_FOR}, receipt = jsonb_set(receipt,
          array['rows', ${table}::text],
          to_jsonb(coalesce((receipt -> 'rows' ->> ${table}::text)::bigint, 0) + ${rows}))
        where erasure_id = ${erasureId}`.execute(trx)
    return isLast
  })
}

/** It is over; whose it was is forgotten. */
export async function completeErasure(
  db: Kysely<Database>,
  erasureId: string,
  at: Date,
): Promise<void> {
  await db
    .updateTable('erasures')
    .set({ status: 'done', customer_ids: [], completed_at: at, worked_until: null })
    .where('erasure_id', '=', erasureId)
    .execute()
}

/** From the commit on nothing is sent to these customers, nothing new is kept, and no delivery to their actors begins. */
export async function markErasing(
  trx: Transaction<Database>,
  customerIds: readonly string[],
  at: Date,
): Promise<void> {
  await trx
    .updateTable('customers')
    .set({ erasing_at: at })
    .where('customer_id', 'in', [...customerIds])
    .execute()
}

/** Whether a channel may be in a conversation about one of them, or the engine on its way to hear of them. */
export async function isUnderWay(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ underWay: boolean }>`
    select exists (
      select from deliveries where customer_id = any(${[...customerIds]}::text[]) and status = 'sending'
    ) or exists (
      select from customers where customer_id = any(${[...customerIds]}::text[]) and lease_until > now()
    ) as "underWay"`.execute(db)
  return rows[0]?.underWay === true
}

/** Settles what was going to be sent: nobody will. Answers how many there were. */
export async function dropWaiting(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('deliveries')
    .set({ status: 'dropped', reason: 'erased' })
    .where('customer_id', 'in', [...customerIds])
    .where('status', 'in', ['queued', 'held', 'parked'])
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/**
 * The customer with all that became part of it, or is about to, held against other writers. Undefined
 * where there is none.
 */
export async function lockWholeCustomer(
  trx: Transaction<Database>,
  customerId: string,
): Promise<{ customerIds: string[]; isErasing: boolean } | undefined> {
  const { rows } = await sql<{ customerId: string; erasing: boolean }>`
    with open as (
      select loser as id from merges where winner = ${customerId} and status = 'leaving'
      union all select winner from merges where loser = ${customerId} and status = 'leaving'
    ), whole as (
      select customer_id from customers
      where customer_id = ${customerId} or merged_into = ${customerId}
        or customer_id in (select id from open) or merged_into in (select id from open)
    )
    select c.customer_id as "customerId", c.erasing_at is not null as erasing from customers c
    where c.customer_id in (select customer_id from whole)
    order by c.customer_id for update of c`.execute(trx)
  if (rows.length === 0) return undefined
  return {
    customerIds: rows.map((row) => row.customerId),
    isErasing: rows.some(({ erasing }) => erasing),
  }
}
