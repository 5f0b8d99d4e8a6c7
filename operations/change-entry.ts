import { recordCommand } from '../db/commands.ts'
import { lockEntryRun, updateEntryRun, type EntryRun } from '../db/entry-runs.ts'
import { DomainError } from '../domain/errors.ts'
import type { EntryDeps } from './begin-entry.ts'

/** `resume` goes on, at another rate where one is named. */
export type EntryChange =
  | { readonly type: 'pause' }
  | { readonly type: 'resume'; readonly perSecond?: number }

/** From which state each change is possible. */
const FROM = { pause: 'running', resume: 'paused' } as const

/**
 * Pauses or resumes the entry of an audience. Whoever was let in before a pause goes on.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is not under way
 */
export async function changeEntry(
  { db, now, onEntry }: EntryDeps,
  input: {
    readonly journey: string
    readonly entryId: string
    readonly change: EntryChange
    readonly keyId: string | null
  },
): Promise<EntryRun> {
  const { journey, entryId, change, keyId } = input
  const at = new Date(now())
  const changed = await db.transaction().execute(async (trx) => {
    const before = await lockEntryRun(trx, entryId)
    if (before?.journey !== journey)
      throw new DomainError('not_found', `There is no entry "${entryId}" into "${journey}".`)
    if (before.status !== FROM[change.type])
      throw new DomainError(
        'conflict',
        `This entry is ${before.status}; one can ${change.type} it only while it is ${FROM[change.type]}.`,
      )
    const after: EntryRun = {
      ...before,
      status: change.type === 'pause' ? 'paused' : 'running',
      ...(change.type === 'resume' && change.perSecond !== undefined
        ? { perSecond: change.perSecond }
        : {}),
    }
    await updateEntryRun(trx, after, at)
    await recordCommand(trx, {
      keyId,
      action: `entry.${change.type}`,
      target: `journey/${journey}`,
      before: { entry: entryId, status: before.status, perSecond: before.perSecond },
      after: { entry: entryId, status: after.status, perSecond: after.perSecond },
    })
    return { ...after, updatedAt: at }
  })
  if (change.type === 'resume') onEntry(entryId)
  return changed
}
