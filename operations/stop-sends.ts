import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { pauseResumes } from '../db/resumes.ts'
import type { Database } from '../db/schema.ts'
import { lockStop, upsertStop, type StopRow } from '../db/stops.ts'
import { columnsOfScope, scopeText, type StopScope } from '../domain/contact/stop-scope.ts'
import type { MessageClass } from '../domain/journeys/journey.ts'

export interface StopSendsInput {
  readonly scope: StopScope
  /** What goes out all the same. */
  readonly exceptClasses: readonly MessageClass[]
  readonly reason: string
  readonly keyId: string | null
}

/**
 * Stops all sends of a scope: every one looks for this row before it calls its channel. Runs stay on
 * their message steps. What is being resumed within the scope is stopped again. A scope that is stopped
 * already takes over the exceptions and the reason of the last call.
 */
export async function stopSends(
  { db, now }: { readonly db: Kysely<Database>; readonly now: () => number },
  { scope, exceptClasses, reason, keyId }: StopSendsInput,
): Promise<StopRow> {
  const at = new Date(now())
  const columns = columnsOfScope(scope)
  return db.transaction().execute(async (trx) => {
    const before = await lockStop(trx, columns)
    const stop = await upsertStop(trx, {
      ...columns,
      stopId: randomUUID(),
      exceptClasses,
      reason,
      since: at,
      stoppedBy: keyId,
    })
    await pauseResumes(trx, columns, at)
    await recordCommand(trx, {
      keyId,
      action: 'sends.stop',
      target: `control/${scopeText(scope)}`,
      before: before === undefined ? null : { exceptClasses: [...before.exceptClasses] },
      after: { exceptClasses: [...exceptClasses], reason },
    })
    return stop
  })
}
