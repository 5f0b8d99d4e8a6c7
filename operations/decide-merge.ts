import type { Kysely, Transaction } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { findMerge, lockMerge, updateMerge, type MergeRow } from '../db/merges.ts'
import { lockLink, markLink, rejectLinks } from '../db/pending-links.ts'
import type { Database } from '../db/schema.ts'
import { findSurvivors } from '../db/survivors.ts'
import { DomainError } from '../domain/errors.ts'

export interface DecideMergeDeps {
  readonly db: Kysely<Database>
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/**
 * Says of a merge that was held back that the two are one person, or that they are not. One that is
 * approved begins as soon as both customers are free, without another look at the limits. One that is
 * rejected stays so, whatever else links the two.
 *
 * @throws {DomainError} `not_found`; `conflict`: it is under way, done, or decided already
 */
export async function decideMerge(
  { db, now }: DecideMergeDeps,
  input: {
    readonly mergeId: string
    readonly as: 'approved' | 'rejected'
    readonly keyId: string
  },
): Promise<void> {
  const { mergeId, as, keyId } = input
  await db.transaction().execute(async (trx) => {
    const named = await findMerge(trx, mergeId)
    if (named === undefined) throw new DomainError('not_found', 'There is no such merge.')
    await lockLink(trx, named.linkId)
    const merge = await lockMerge(trx, { mergeId })
    if (merge?.status !== 'quarantined')
      throw new DomainError(
        'conflict',
        `Only a merge that waits for approval can be decided; this one is ${merge?.status ?? 'gone'}.`,
      )
    await updateMerge(trx, mergeId, { status: as, decidedBy: keyId, at: new Date(now()) })
    if (as === 'approved') await markLink(trx, merge.linkId, 'pending')
    else await rejectLinks(trx, await sidesOf(trx, merge))
    await recordCommand(trx, {
      keyId,
      action: as === 'approved' ? 'merge.approve' : 'merge.reject',
      target: `merge/${mergeId}`,
      before: { status: merge.status, reason: merge.reason },
      after: { status: as, winner: merge.winner, loser: merge.loser },
    })
  })
}

/** One of the two may have become part of somebody else since. */
async function sidesOf(
  trx: Transaction<Database>,
  { loser, winner }: MergeRow,
): Promise<readonly [string, string]> {
  const survivors = await findSurvivors(trx, [loser, winner])
  return [survivors.get(loser) ?? loser, survivors.get(winner) ?? winner]
}
