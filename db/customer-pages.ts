import { sql, type Kysely } from 'kysely'
import type { ContactState } from '../domain/actor/contacts.ts'
import type { TraitOrigins } from '../domain/customers/golden-record.ts'
import type { Lane, LifecycleState, LockScope } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import { PROOF, type ConsentRow } from './consents.ts'
import { listOpenExclusions, type ExclusionRow } from './exclusions.ts'
import type { ActorPlace, Database, DeferredRow } from './schema.ts'

/** More identities than this are not shown: a device farm must not make a page endless. */
const IDENTITIES_MAX = 100

/** What SQL knows of a customer, as people see it. */
export interface CustomerPageRow {
  readonly customerId: string
  readonly test: boolean
  readonly createdAt: Date
  readonly clockOffsetMs: number
  readonly traits: JsonObject
  readonly traitOrigins: TraitOrigins
  readonly lifecycleState: LifecycleState | null
  readonly lifecycleSince: Date | null
  readonly lifecyclePrevious: LifecycleState | null
  readonly lifecycleReason: string | null
  readonly deferred: DeferredRow[]
  readonly nextWakeAt: Date | null
  readonly asOf: Date | null
  readonly actor: ActorPlace
  /** What the actor last left behind of what counts for caps and fatigue; null where it never did. */
  readonly contactState: ContactState | null
  readonly identities: { kind: string; value: string }[]
  /** Ids of customers who were merged into this one; those names lead here. */
  readonly mergedFrom: string[]
  readonly consents: ConsentRow[]
  readonly runs: OpenRunRow[]
  /** Those that nobody has closed; on the customer's clock they may be over. */
  readonly exclusions: ExclusionRow[]
}

export interface OpenRunRow {
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly status: 'active' | 'waiting' | 'paused'
  readonly step: string
  readonly since: Date
  readonly wakeAt: Date | null
  readonly locked: boolean
  /** Null in rows of older releases. */
  readonly lockScope: LockScope | null
  readonly lockUntil: Date | null
  readonly lane: Lane
}

const COLUMNS = [
  'customer_id as customerId',
  'test',
  'created_at as createdAt',
  'clock_offset_ms as clockOffsetMs',
  'traits',
  'trait_origins as traitOrigins',
  'lifecycle_state as lifecycleState',
  'lifecycle_since as lifecycleSince',
  'lifecycle_previous as lifecyclePrevious',
  'lifecycle_reason as lifecycleReason',
  'deferred',
  'next_wake_at as nextWakeAt',
  'as_of as asOf',
  'actor',
  // Snapshots of older releases count nothing.
  sql<ContactState | null>`case when snapshot is not null then jsonb_build_object(
    'zone', snapshot -> 'zone', 'runs', snapshot -> 'runs',
    'contacts', coalesce(snapshot -> 'contacts', '[]'), 'facts', jsonb_build_object(
      'counters', coalesce(snapshot -> 'facts' -> 'counters', '{}'))) end`.as('contactState'),
] as const

/** One customer's page by its own id; of one who was merged the survivor has it. */
export async function findCustomerPage(
  db: Kysely<Database>,
  customerId: string,
): Promise<CustomerPageRow | undefined> {
  const rows = await db
    .selectFrom('customers')
    .select(COLUMNS)
    .where('customer_id', '=', customerId)
    .where('merged_into', 'is', null)
    .execute()
  return (await complete(db, rows))[0]
}

export interface CustomerFilter {
  readonly lifecycle: LifecycleState | undefined
  /** Customers with an open run of this journey. */
  readonly journey: string | undefined
  /** Customers who are excluded now: for this reason, or (`true`) for any. */
  readonly excluded: string | undefined
}

/** Pages of at most `limit` customers, newest first, after the given one. Who was merged is not listed. */
export async function listCustomerPages(
  db: Kysely<Database>,
  {
    filter,
    nowMs,
    limit,
    after,
  }: {
    filter: CustomerFilter
    /** Real time. */
    nowMs: number
    limit: number
    after: { createdAt: Date; customerId: string } | undefined
  },
): Promise<CustomerPageRow[]> {
  let query = db.selectFrom('customers').select(COLUMNS).where('merged_into', 'is', null)
  if (filter.lifecycle !== undefined) query = query.where('lifecycle_state', '=', filter.lifecycle)
  const { journey } = filter
  if (journey !== undefined)
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('runs')
          .select('run_id')
          .whereRef('runs.customer_id', '=', 'customers.customer_id')
          .where('runs.journey', '=', journey)
          .where('runs.status', '<>', 'ended'),
      ),
    )
  const { excluded } = filter
  if (excluded !== undefined) query = query.where(isExcluded(excluded, nowMs))
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(created_at, customer_id) < (${after.createdAt}, ${after.customerId})`,
    )
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('customer_id', 'desc')
    .limit(limit)
    .execute()
  return complete(db, rows)
}

/** Excluded as the customer's own clock says, for that reason or (`true`) for any. */
const isExcluded = (reason: string, nowMs: number) => {
  const clock = sql`to_timestamp((${nowMs}::float8 + clock_offset_ms) / 1000)`
  return sql<boolean>`exists (
    select from exclusions x
    where x.customer_id = customers.customer_id and x.closed_at is null
      and (x.in_force_from <= x.since or x.in_force_from <= ${clock})
      and (x.until is null or x.until > ${clock})
      and (${reason} = 'true' or x.reason = ${reason}))`
}

type BareRow = Omit<
  CustomerPageRow,
  'identities' | 'mergedFrom' | 'consents' | 'runs' | 'exclusions'
>

/** Adds what hangs on the customers, with one query for each kind however many customers there are. */
async function complete(
  db: Kysely<Database>,
  rows: readonly BareRow[],
): Promise<CustomerPageRow[]> {
  const ids = rows.map((row) => row.customerId)
  if (ids.length === 0) return []
  const [identities, merged, consents, runs, exclusions] = await Promise.all([
    listIdentities(db, ids),
    listMerged(db, ids),
    listConsents(db, ids),
    listOpenRuns(db, ids),
    listOpenExclusions(db, ids),
  ])
  return rows.map((row) => ({
    ...row,
    identities: of(row, identities),
    mergedFrom: of(row, merged).map(({ mergedFrom }) => mergedFrom),
    consents: of(row, consents),
    runs: of(row, runs),
    exclusions: of(row, exclusions),
  }))
}

function of<T extends { customerId: string }>(
  { customerId }: BareRow,
  rows: readonly T[],
): Omit<T, 'customerId'>[] {
  return rows
    .filter((row) => row.customerId === customerId)
    .map(({ customerId: _, ...rest }) => rest)
}

async function listIdentities(db: Kysely<Database>, ids: readonly string[]) {
  const numbered = db
    .selectFrom('identities')
    .select(['customer_id', 'kind', 'value'])
    .select(
      sql<number>`row_number() over (partition by customer_id order by created_at, kind, value)`.as(
        'position',
      ),
    )
    .where('customer_id', 'in', ids)
  return db
    .selectFrom(numbered.as('numbered'))
    .select(['customer_id as customerId', 'kind', 'value'])
    .where('position', '<=', IDENTITIES_MAX)
    .orderBy('position')
    .execute()
}

async function listMerged(db: Kysely<Database>, ids: readonly string[]) {
  const rows = await db
    .selectFrom('customers')
    .select(['merged_into as customerId', 'customer_id as mergedFrom'])
    .where('merged_into', 'in', ids)
    .orderBy('created_at')
    .orderBy('customer_id')
    .execute()
  return rows.map((row) => ({ ...row, customerId: row.customerId ?? '' }))
}

async function listConsents(db: Kysely<Database>, ids: readonly string[]) {
  return db
    .selectFrom('consents')
    .select(['customer_id as customerId', 'purpose', 'channel', 'granted', 'at', 'source'])
    .select(['text_version as textVersion', PROOF.as('proof')])
    .where('customer_id', 'in', ids)
    .orderBy('purpose')
    .orderBy('channel')
    .execute()
}

async function listOpenRuns(db: Kysely<Database>, ids: readonly string[]) {
  return db
    .selectFrom('runs')
    .select([
      'customer_id as customerId',
      'run_id as runId',
      'journey',
      'version',
      'step',
      'since',
      'wake_at as wakeAt',
      'locked',
      'lock_scope as lockScope',
      'lock_until as lockUntil',
      'lane',
    ])
    .select((eb) => eb.ref('status').$castTo<OpenRunRow['status']>().as('status'))
    .where('customer_id', 'in', ids)
    .where('status', '<>', 'ended')
    .orderBy('entered_at', 'desc')
    .orderBy('run_id')
    .execute()
}
