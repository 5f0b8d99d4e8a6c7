import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { ExclusionChange, TurnRecord } from '../domain/actor/effects.ts'
import { BY_HAND } from '../domain/contact/exclusion-opening.ts'
import type { Exclusion } from '../domain/contact/policy.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

/** Who closed an exclusion that the survivor of a merge took over: `closed_by`. */
const BY_MERGE = 'merge'

/** Open ones and past ones, as people see them. */
export interface ExclusionRow extends Omit<Exclusion, 'sinceMs' | 'fromMs' | 'untilMs'> {
  readonly since: Date
  readonly inForceFrom: Date
  readonly until: Date | null
  readonly closed: { readonly at: Date; readonly by: string } | null
}

/**
 * Writes what the actor opened and closed. The same turn again writes the same, an older one that
 * comes late changes nothing. What a hand has opened or closed stands here before the actor hears of
 * it: an actor that is behind neither opens it again nor closes it at another time.
 *
 * @param survivor who the customer is by now: it keeps what an actor had opened that is gone
 */
export async function writeExclusions(
  trx: Transaction<Database>,
  { customerId, turn, exclusions = [] }: TurnRecord,
  survivor = customerId,
): Promise<void> {
  if (exclusions.length === 0) return
  if (survivor !== customerId) {
    const open = exclusions.filter(({ closed }) => closed === null)
    await insertMissing(trx, survivor, open)
    return
  }
  await trx
    .insertInto('exclusions')
    .values(exclusions.map((change) => ({ ...columnsOf(customerId, change), turn })))
    .onConflict((conflict) =>
      conflict
        .columns(['customer_id', 'exclusion_id'])
        .doUpdateSet((eb) => ({
          reason: eb.ref('excluded.reason'),
          classes: eb.ref('excluded.classes'),
          channels: eb.ref('excluded.channels'),
          source: eb.ref('excluded.source'),
          since: eb.ref('excluded.since'),
          in_force_from: eb.ref('excluded.in_force_from'),
          until: eb.ref('excluded.until'),
          closed_at: eb.ref('excluded.closed_at'),
          closed_by: eb.ref('excluded.closed_by'),
          turn: eb.ref('excluded.turn'),
        }))
        .whereRef('exclusions.turn', '<=', 'excluded.turn')
        .where(
          sql<boolean>`not (exclusions.closed_by is not distinct from ${BY_HAND}
            and (exclusions.rule is null or excluded.since <= exclusions.closed_at))`,
        ),
    )
    .execute()
}

async function insertMissing(
  trx: Transaction<Database>,
  customerId: string,
  exclusions: readonly ExclusionChange[],
): Promise<void> {
  if (exclusions.length === 0) return
  await trx
    .insertInto('exclusions')
    .values(exclusions.map((exclusion) => columnsOf(customerId, exclusion)))
    .onConflict((conflict) => conflict.columns(['customer_id', 'exclusion_id']).doNothing())
    .execute()
}

/** Opens one by hand. */
export async function insertExclusion(
  trx: Transaction<Database>,
  customerId: string,
  exclusion: Exclusion,
): Promise<void> {
  await trx
    .insertInto('exclusions')
    .values(columnsOf(customerId, { ...exclusion, closed: null }))
    .execute()
}

/**
 * Has the winner of a merge keep what is open of the loser's: of one that both have, the one that lasts
 * longer. The loser's own are closed: they stand as the winner's from now on. Answers how many.
 */
export async function takeOverExclusions(
  trx: Transaction<Database>,
  { loser, winner, at }: { readonly loser: string; readonly winner: string; readonly at: Date },
): Promise<number> {
  await sql`
    insert into exclusions as mine (customer_id, exclusion_id, rule, reason, classes, channels, source,
      since, in_force_from, until, turn)
    select ${winner}, exclusion_id, rule, reason, classes, channels, source, since, in_force_from, until, 0
    from exclusions where customer_id = ${loser} and closed_at is null
    on conflict (customer_id, exclusion_id) do update
    set reason = excluded.reason, classes = excluded.classes, channels = excluded.channels,
      source = excluded.source, since = excluded.since, in_force_from = excluded.in_force_from,
      until = excluded.until, closed_at = null, closed_by = null
    where mine.closed_at is not null
      or coalesce(excluded.until, 'infinity') > coalesce(mine.until, 'infinity')`.execute(trx)
  const { numUpdatedRows } = await trx
    .updateTable('exclusions')
    .set({ closed_at: at, closed_by: BY_MERGE })
    .where('customer_id', '=', loser)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Closes one by hand; undefined where there is none that is open. */
export async function closeOpenExclusion(
  trx: Transaction<Database>,
  { customerId, exclusionId, at }: { customerId: string; exclusionId: string; at: Date },
): Promise<ExclusionRow | undefined> {
  const row = await trx
    .updateTable('exclusions')
    .set({ closed_at: at, closed_by: BY_HAND })
    .where('customer_id', '=', customerId)
    .where('exclusion_id', '=', exclusionId)
    .where('closed_at', 'is', null)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', at)]))
    .returningAll()
    .executeTakeFirst()
  return row && toRow(row)
}

/** How many a hand has opened that are open at `at`. */
export async function countOpenByHand(
  trx: Transaction<Database>,
  customerId: string,
  at: Date,
): Promise<number> {
  const { count } = await trx
    .selectFrom('exclusions')
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .where('customer_id', '=', customerId)
    .where('rule', 'is', null)
    .where('closed_at', 'is', null)
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', at)]))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Pages of the exclusions of a customer and of those merged into it, open and past, newest first. */
export async function listExclusions(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: {
    customerId: string
    limit: number
    after: { since: Date; exclusionId: string } | undefined
  },
): Promise<ExclusionRow[]> {
  // What was open when they became one stands there as the survivor's own.
  let query = db
    .selectFrom('exclusions')
    .selectAll()
    .where(sql<boolean>`customer_id = any(${idsOf(customerId)})`)
    .where((eb) =>
      eb.or([
        eb('customer_id', '=', customerId),
        sql<boolean>`closed_by is distinct from ${BY_MERGE}`,
      ]),
    )
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(since, exclusion_id) < (${after.since}, ${after.exclusionId})`,
    )
  const rows = await query
    .orderBy('since', 'desc')
    .orderBy('exclusion_id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}

/** Of these customers, what is not closed; whether its time is up, their own clocks say. */
export async function listOpenExclusions(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<(ExclusionRow & { customerId: string })[]> {
  const rows = await db
    .selectFrom('exclusions')
    .selectAll()
    .where('customer_id', 'in', customerIds)
    .where('closed_at', 'is', null)
    .orderBy('since')
    .orderBy('exclusion_id')
    .execute()
  return rows.map((row) => ({ ...toRow(row), customerId: row.customer_id }))
}

/** An exclusion that is open, as an actor holds it. */
export const toExclusion = ({
  since,
  inForceFrom,
  until,
  closed: _open,
  ...exclusion
}: ExclusionRow): Exclusion => ({
  ...exclusion,
  sinceMs: since.getTime(),
  fromMs: inForceFrom.getTime(),
  untilMs: until?.getTime() ?? null,
})

function columnsOf(customerId: string, change: ExclusionChange) {
  const { exclusionId, rule, reason, scope, source, sinceMs, fromMs, untilMs, closed } = change
  return {
    customer_id: customerId,
    exclusion_id: exclusionId,
    rule,
    reason,
    classes: scope.classes === undefined ? null : [...scope.classes],
    channels: scope.channels === undefined ? null : [...scope.channels],
    source,
    since: new Date(sinceMs),
    in_force_from: new Date(fromMs),
    until: untilMs === null ? null : new Date(untilMs),
    closed_at: closed === null ? null : new Date(closed.atMs),
    closed_by: closed?.by ?? null,
  }
}

function toRow(row: Selectable<Database['exclusions']>): ExclusionRow {
  const { classes, channels, closed_at: closedAt, closed_by: closedBy } = row
  return {
    exclusionId: row.exclusion_id,
    rule: row.rule,
    reason: row.reason,
    scope: { ...(classes === null ? {} : { classes }), ...(channels === null ? {} : { channels }) },
    source: row.source,
    since: row.since,
    inForceFrom: row.in_force_from,
    until: row.until,
    closed: closedAt === null ? null : { at: closedAt, by: closedBy ?? '' },
  }
}
