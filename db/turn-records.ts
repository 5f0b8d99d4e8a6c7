import { sql, type Insertable, type Kysely, type Transaction } from 'kysely'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { ConditionFailure, CustomerPage, TurnRecord } from '../domain/actor/effects.ts'
import { isKnownAnew } from '../domain/channels/audience-sync.ts'
import { mergeTraitsOfJourneys } from '../domain/customers/golden-record.ts'
import { invariant } from '../domain/errors.ts'
import { withdrawTasks } from './agent-tasks.ts'
import { followAddresses } from './audience-addresses.ts'
import { insertEmitted } from './emitted-events.ts'
import { writeExclusions } from './exclusions.ts'
import { jsonRows, jsonText } from './json-rows.ts'
import { applyMoves } from './migration-runs.ts'
import { getRuleBook, lockRuleBookShared } from './rule-book-in-force.ts'
import { findIdentitySettings } from './rule-documents.ts'
import { WAITING } from './sends.ts'
import { lockSurvivors } from './survivors.ts'
import type { Database, DeferredRow } from './schema.ts'

/**
 * Writes what one turn of a customer changed, whole or not at all. The same turn again writes the
 * same rows and counts nothing twice; an older turn that comes late adds its own rows and leaves
 * what a newer one wrote. A customer who is gone is left alone. What an actor did before it handed over
 * to another customer, and that is written after that, reaches the survivor: events that it made, traits
 * that it set, exclusions that it opened.
 *
 * @param snapshot the actor's state after the turn, or null to keep the stored one
 */
export async function writeTurnRecord(
  db: Kysely<Database>,
  record: TurnRecord,
  snapshot: CustomerState | null,
): Promise<void> {
  if (db.isTransaction) await write(db as Transaction<Database>, record, snapshot)
  else await db.transaction().execute((trx) => write(trx, record, snapshot))
}

async function write(
  trx: Transaction<Database>,
  record: TurnRecord,
  snapshot: CustomerState | null,
): Promise<void> {
  const { customerId, emitted = [] } = record
  // Before the customer, as everybody does who appends to a log (`operations/write-event-group.ts`).
  const book = emitted.length > 0 ? await getRuleBook(trx, await lockRuleBookShared(trx)) : null
  // Writers of one customer take turns; whoever appends to the customer's log is one of them.
  const customer = await trx
    .selectFrom('customers')
    .select(['page_turn', 'snapshot_turn', 'merged_into'])
    .where('customer_id', '=', customerId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!customer) return
  const { merged_into: mergedInto } = customer
  // Nobody is merged into a customer while a writer holds it; of a ring of waiting writers one is sent back.
  const survivor = mergedInto === null ? customerId : await lockSurvivor(trx, customerId)

  const entries = await insertEntries(trx, record)
  // A turn without entries leaves no other trace than the number of the page.
  const isFirstTime = record.entries.length > 0 ? entries > 0 : record.turn > customer.page_turn
  await updateCustomer(trx, record, {
    ...(record.turn >= customer.page_turn ? pageColumns(record.page, record.turn) : {}),
    ...(snapshot && snapshot.turn >= (customer.snapshot_turn ?? 0)
      ? snapshotColumns(snapshot)
      : {}),
  })
  if (isFirstTime) await setTraits(trx, survivor, record)
  await upsertRuns(trx, record)
  await withdrawWithRuns(trx, record, survivor)
  await applyMoves(trx, record.moves ?? [])
  await writeExclusions(trx, record, survivor)
  await upsertDropped(trx, record)
  if (isFirstTime) await countFailures(trx, record)
  if (book !== null) await insertEmitted(trx, book, survivor, emitted)
}

async function lockSurvivor(trx: Transaction<Database>, customerId: string): Promise<string> {
  const survivor = (await lockSurvivors(trx, [customerId])).get(customerId)
  invariant(survivor !== undefined, 'a customer who was merged has a survivor')
  return survivor
}

/**
 * Answers how many of them were not there yet. What an actor that was restored from a snapshot lives
 * through again is the same line at the same instant, and is not written twice.
 */
async function insertEntries(
  trx: Transaction<Database>,
  { customerId, turn, entries }: TurnRecord,
): Promise<number> {
  if (entries.length === 0) return 0
  const rows = entries.map(({ atMs, kind, summary, data }, ordinal) => ({
    ordinal,
    at: new Date(atMs),
    kind,
    summary,
    data,
  }))
  const { numAffectedRows } = await sql`
    insert into timeline_entries (customer_id, turn, ordinal, at, kind, summary, data)
    select ${customerId}, ${turn}::int, r.ordinal, r.at, r.kind, r.summary, r.data
    from ${jsonRows(rows, 'ordinal int, at timestamptz, kind text, summary text, data jsonb')}
    where not exists (
      select from timeline_entries known
      where known.customer_id = ${customerId} and known.at = r.at and known.kind = r.kind
        and known.summary = r.summary and known.turn <> ${turn}::int)
    on conflict (customer_id, turn, ordinal) do nothing`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

function pageColumns(
  { atMs, lifecycle, deferred, nextWakeAtMs, group }: CustomerPage,
  turn: number,
) {
  return {
    page_turn: turn,
    contact_group: group ?? null,
    as_of: new Date(atMs),
    lifecycle_state: lifecycle.state,
    lifecycle_since: new Date(lifecycle.sinceMs),
    lifecycle_previous: lifecycle.previous,
    lifecycle_reason: lifecycle.reason,
    deferred: jsonText(
      deferred.map(({ journey, untilMs, reason }): DeferredRow => ({
        journey,
        until: new Date(untilMs).toISOString(),
        reason,
      })),
    ),
    next_wake_at: nextWakeAtMs === null ? null : new Date(nextWakeAtMs),
  }
}

/** Where something newer is known by now, it stays. The caller holds the customer. */
async function setTraits(
  trx: Transaction<Database>,
  customerId: string,
  { traits, traitsBy: by, page }: TurnRecord,
): Promise<void> {
  if (Object.keys(traits).length === 0) return
  const before = await trx
    .selectFrom('customers')
    .select(['traits', 'trait_origins as origins'])
    .where('customer_id', '=', customerId)
    .executeTakeFirstOrThrow()
  const { traits: traitRules } = await findIdentitySettings(trx)
  const after = mergeTraitsOfJourneys(before, { traits, by, atMs: page.atMs }, traitRules)
  if (after === before) return
  await trx
    .updateTable('customers')
    .set({ traits: jsonText(after.traits), trait_origins: jsonText(after.origins) })
    .where('customer_id', '=', customerId)
    .execute()
  if (isKnownAnew(before.traits, after.traits)) await followAddresses(trx, [customerId])
}

function snapshotColumns(snapshot: CustomerState) {
  return {
    snapshot: jsonText(snapshot),
    snapshot_turn: snapshot.turn,
    snapshot_batch: snapshot.lastBatch,
  }
}

type CustomerColumns = Partial<ReturnType<typeof pageColumns> & ReturnType<typeof snapshotColumns>>

async function updateCustomer(
  trx: Transaction<Database>,
  { customerId }: TurnRecord,
  columns: CustomerColumns,
): Promise<void> {
  if (Object.keys(columns).length === 0) return
  await trx.updateTable('customers').set(columns).where('customer_id', '=', customerId).execute()
}

async function upsertRuns(
  trx: Transaction<Database>,
  { customerId, turn, runs }: TurnRecord,
): Promise<void> {
  if (runs.length === 0) return
  await trx
    .insertInto('runs')
    .values(
      runs.map((run) => ({
        run_id: run.runId,
        customer_id: customerId,
        journey: run.journey,
        version: run.version,
        status: run.status,
        step: run.step,
        since: new Date(run.sinceMs),
        entered_at: new Date(run.enteredAtMs),
        wake_at: dateOrNull(run.wakeAtMs),
        locked: run.locked,
        lane: run.lane ?? 'foreground',
        lock_scope: run.lock?.scope ?? null,
        lock_until: dateOrNull(run.lock?.untilMs ?? null),
        ended_at: dateOrNull(run.endedAtMs),
        end_reason: run.endReason,
        goal_value_minor: run.goalValueMinor,
        turn,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('run_id')
        .doUpdateSet((eb) => ({
          customer_id: eb.ref('excluded.customer_id'),
          version: eb.ref('excluded.version'),
          status: eb.ref('excluded.status'),
          step: eb.ref('excluded.step'),
          since: eb.ref('excluded.since'),
          wake_at: eb.ref('excluded.wake_at'),
          locked: eb.ref('excluded.locked'),
          lock_scope: eb.ref('excluded.lock_scope'),
          lock_until: eb.ref('excluded.lock_until'),
          ended_at: eb.ref('excluded.ended_at'),
          end_reason: eb.ref('excluded.end_reason'),
          goal_value_minor: eb.ref('excluded.goal_value_minor'),
          turn: eb.ref('excluded.turn'),
        }))
        // Two actors count turns each for itself: the one that took a run over knows it better.
        .where(
          sql<boolean>`(runs.customer_id = excluded.customer_id and runs.turn <= excluded.turn
            or exists (select from customers m
              where m.customer_id = runs.customer_id and m.merged_into = excluded.customer_id))`,
        ),
    )
    .execute()
}

async function withdrawWithRuns(
  trx: Transaction<Database>,
  { runs }: TurnRecord,
  customerId: string,
): Promise<void> {
  const runIds = runs.filter(({ status }) => status === 'ended').map(({ runId }) => runId)
  if (runIds.length > 0) await withdrawTasks(trx, { customerId, runIds })
}

function dateOrNull(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

/** Verdicts of the actor's own gate. One may follow another, or a try that was to be repeated, never an outcome. */
async function upsertDropped(
  trx: Transaction<Database>,
  { customerId, deliveries }: TurnRecord,
): Promise<void> {
  if (deliveries.length === 0) return
  await trx
    .insertInto('deliveries')
    .values(
      deliveries.map((dropped): Insertable<Database['deliveries']> => ({
        delivery_id: dropped.deliveryId,
        customer_id: customerId,
        run_id: dropped.runId,
        journey: dropped.journey,
        version: dropped.version,
        step: dropped.step,
        message: dropped.message,
        channel: dropped.channel,
        class: null,
        to_address: null,
        status: dropped.status,
        reason: dropped.reason,
        at: new Date(dropped.atMs),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('delivery_id')
        .doUpdateSet((eb) => ({
          status: eb.ref('excluded.status'),
          reason: eb.ref('excluded.reason'),
          at: eb.ref('excluded.at'),
          updated_at: sql`now()`,
        }))
        .where('deliveries.status', 'in', WAITING),
    )
    .execute()
}

/** In the order of their key, so that customers who fail alike do not wait for each other in a ring. */
async function countFailures(
  trx: Transaction<Database>,
  { failures, page }: TurnRecord,
): Promise<void> {
  const counted = new Map<string, ConditionFailure & { count: number }>()
  for (const failure of failures) {
    const key = `${failure.journey}@${String(failure.version).padStart(9, '0')}${failure.path}`
    counted.set(key, { ...failure, count: (counted.get(key)?.count ?? 0) + 1 })
  }
  if (counted.size === 0) return
  const rows = [...counted].sort(([one], [other]) => (one < other ? -1 : 1))
  await trx
    .insertInto('condition_failures')
    .values(
      rows.map(([, { journey, version, path, message, count }]) => ({
        journey,
        version,
        path,
        count,
        last_message: message,
        last_at: new Date(page.atMs),
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['journey', 'version', 'path']).doUpdateSet((eb) => ({
        count: sql<number>`condition_failures.count + excluded.count`,
        last_message: eb.ref('excluded.last_message'),
        last_at: eb.ref('excluded.last_at'),
      })),
    )
    .execute()
}
