import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { openEntryRun, type EntryRun } from '../db/entry-runs.ts'
import { findLatestVersion, findLiveVersion } from '../db/journey-versions.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { entryWorkflowId } from '../workflows/entry-messages.ts'

export interface EntryDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told of an entry that is to be worked off, after the commit. Must not throw. */
  readonly onEntry: (entryId: string) => void
}

/**
 * Has the audience of a journey's live version enter now, without waiting for its time.
 *
 * @throws {DomainError} `not_found`; `conflict` where no audience enters it now, or an entry is open
 */
export async function beginEntry(
  { db, now, onEntry }: EntryDeps,
  { journey, keyId }: { readonly journey: string; readonly keyId: string | null },
): Promise<EntryRun> {
  const run = await db.transaction().execute(async (trx) => {
    if ((await findLatestVersion(trx, journey)) === undefined)
      throw new DomainError('not_found', `There is no journey "${journey}".`)
    const live = await findLiveVersion(trx, journey)
    if (live?.definition.entry.audience === undefined)
      throw new DomainError(
        'conflict',
        `No audience enters "${journey}" now; publish it with an "entry.audience".`,
      )
    const entryId = randomUUID()
    const opened = await openEntryRun(trx, {
      entryId,
      journey,
      workflowId: entryWorkflowId(journey, entryId),
      begunAt: new Date(now()),
      begunBy: keyId,
    })
    if (opened === undefined)
      throw new DomainError(
        'conflict',
        `An entry into "${journey}" is running or paused; only one is open at a time.`,
      )
    await recordCommand(trx, {
      keyId,
      action: 'entry.begin',
      target: `journey/${journey}`,
      before: null,
      after: { entry: entryId, audience: opened.audience, hash: opened.audienceHash },
    })
    return opened
  })
  onEntry(run.entryId)
  return run
}
