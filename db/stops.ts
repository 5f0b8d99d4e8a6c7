import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { ScopeColumns } from '../domain/contact/stop-scope.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'
import type { Database } from './schema.ts'

/** What people have stopped. */
export interface StopRow extends ScopeColumns {
  readonly exceptClasses: readonly MessageClass[]
  readonly reason: string
  readonly since: Date
  readonly stoppedBy: string | null
}

const COLUMNS = [
  'scope',
  'name',
  'except_classes as exceptClasses',
  'reason',
  'since',
  'stopped_by as stoppedBy',
] as const

/** Parameters, or columns of the row that is asked about. */
interface Sent {
  readonly class: unknown
  readonly channel: unknown
  readonly journey: unknown
}

/** The widest stop in force that keeps a send back, as `reason`: `stop:all`, `stop:channel:email` … No row: none. */
export const stopOf = (sent: Sent): RawBuilder<{ reason: string }> => sql<{ reason: string }>`
  select 'stop:' || s.scope || coalesce(':' || s.name, '') as reason from stops s
  where s.lifted_at is null
    and (s.scope = 'all' or s.scope = 'channel' and s.name = ${sent.channel}
      or s.scope = 'journey' and s.name = ${sent.journey})
    and coalesce(not ${sent.class} = any(s.except_classes), true)
  order by s.scope limit 1`

/** Stops in force, oldest first. */
export async function listStops(db: Kysely<Database>): Promise<StopRow[]> {
  return db
    .selectFrom('stops')
    .select(COLUMNS)
    .where('lifted_at', 'is', null)
    .orderBy('since')
    .orderBy('stop_id')
    .execute()
}

/** The stop in force of exactly this scope, held against other writers until `trx` ends. */
export async function lockStop(
  trx: Transaction<Database>,
  { scope, name }: ScopeColumns,
): Promise<(StopRow & { readonly stopId: string }) | undefined> {
  return trx
    .selectFrom('stops')
    .select(['stop_id as stopId', ...COLUMNS])
    .where('scope', '=', scope)
    .where('name', 'is not distinct from', name)
    .where('lifted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

/** Puts a stop in force. One of the same scope that is in force already takes over what is excepted, and why. */
export async function upsertStop(
  trx: Transaction<Database>,
  stop: StopRow & { readonly stopId: string },
): Promise<StopRow> {
  const { exceptClasses, reason } = stop
  return trx
    .insertInto('stops')
    .values({
      stop_id: stop.stopId,
      scope: stop.scope,
      name: stop.name,
      except_classes: [...exceptClasses],
      reason,
      since: stop.since,
      stopped_by: stop.stoppedBy,
    })
    .onConflict((oc) =>
      oc
        .expression(sql`scope, coalesce(name, '')`)
        .where('lifted_at', 'is', null)
        .doUpdateSet({ except_classes: [...exceptClasses], reason }),
    )
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

/** Waits for sends that are being parked for it: whoever looks afterwards sees their rows. */
export async function liftStop(
  trx: Transaction<Database>,
  stopId: string,
  { at, by }: { at: Date; by: string | null },
): Promise<void> {
  await trx
    .updateTable('stops')
    .set({ lifted_at: at, lifted_by: by })
    .where('stop_id', '=', stopId)
    .execute()
}
