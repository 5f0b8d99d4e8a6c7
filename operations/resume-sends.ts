import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { insertResume, type ResumeRow } from '../db/resumes.ts'
import type { Database } from '../db/schema.ts'
import { liftStop, lockStop } from '../db/stops.ts'
import type { Ramp, Ramps } from '../domain/contact/ramp.ts'
import { columnsOfScope, scopeText, type StopScope } from '../domain/contact/stop-scope.ts'
import { DomainError } from '../domain/errors.ts'
import { CHANNELS } from '../domain/journeys/values.ts'

export interface ResumeSendsDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told of a resume that is to be worked off, after the commit. Must not throw. */
  readonly onResume: (resumeId: string) => void
}

export interface ResumeSendsInput {
  readonly scope: StopScope
  /** Of each channel. Undefined: by what was sent before the stop. */
  readonly ramp: Ramp | undefined
  readonly keyId: string | null
}

/**
 * Lifts the stop of a scope, and begins to bring back what it has parked. What another stop keeps back
 * stays where it is.
 *
 * @throws {DomainError} `conflict` where exactly this scope is not stopped
 */
export async function resumeSends(
  { db, now, onResume }: ResumeSendsDeps,
  { scope, ramp, keyId }: ResumeSendsInput,
): Promise<ResumeRow> {
  const at = new Date(now())
  const columns = columnsOfScope(scope)
  const resumed = await db.transaction().execute(async (trx) => {
    const stop = await lockStop(trx, columns)
    if (stop === undefined)
      throw new DomainError('conflict', `Nothing is stopped for ${scopeText(scope)}.`)
    await liftStop(trx, stop.stopId, { at, by: keyId })
    const row = {
      ...columns,
      resumeId: randomUUID(),
      ramp: ramp === undefined ? {} : everywhere(ramp, at.getTime()),
      stoppedAt: stop.since,
      createdAt: at,
      createdBy: keyId,
    }
    await insertResume(trx, row)
    await recordCommand(trx, {
      keyId,
      action: 'sends.resume',
      target: `control/${scopeText(scope)}`,
      before: { reason: stop.reason, since: stop.since.toISOString() },
      after: { resumeId: row.resumeId },
    })
    return { ...row, status: 'running' as const, released: 0, updatedAt: at }
  })
  onResume(resumed.resumeId)
  return resumed
}

const everywhere = (ramp: Ramp, nowMs: number): Ramps =>
  Object.fromEntries(CHANNELS.map((channel) => [channel, { ramp, spentMs: nowMs }]))
