import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { lockRollout, updateRollout, type RolloutRow } from '../db/lifecycle-rollouts.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'

/** `resume` goes on, with a larger share or another rate where one is named. */
export type RolloutChange =
  | { readonly type: 'pause' }
  | { readonly type: 'resume'; readonly share?: number; readonly perSecond?: number }

export interface ChangeRolloutDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
  /** Told of a rollout that is to be worked off, after the commit. Must not throw. */
  readonly onRollout: (version: number) => void
}

export interface ChangeRolloutInput {
  readonly version: number
  readonly change: RolloutChange
  readonly keyId: string | null
}

/** From which state each change is possible. */
const FROM = { pause: 'running', resume: 'paused' } as const

/**
 * Pauses or resumes a rollout of lifecycle rules. Whoever was told before a pause has the new rules, and so
 * has everybody to whom something happens.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is not under way, or the share lets nobody follow
 */
export async function changeRollout(
  { db, now, onRollout }: ChangeRolloutDeps,
  { version, change, keyId }: ChangeRolloutInput,
): Promise<RolloutRow> {
  const at = new Date(now())
  const changed = await db.transaction().execute(async (trx) => {
    const before = await lockRollout(trx, version)
    if (before === undefined)
      throw new DomainError(
        'not_found',
        `Version ${version} of the lifecycle rules has no rollout.`,
      )
    if (before.status !== FROM[change.type])
      throw new DomainError(
        'conflict',
        `The rollout of version ${version} is ${before.status}; one can ${change.type} it only while it is ${FROM[change.type]}.`,
      )
    const after = change.type === 'pause' ? pausedOf(before) : resumedOf(before, change)
    await updateRollout(trx, after, at)
    await recordCommand(trx, {
      keyId,
      action: `rollout.${change.type}`,
      target: `lifecycle/${version}`,
      before: { status: before.status, canary: before.share, perSecond: before.perSecond },
      after: { status: after.status, canary: after.share, perSecond: after.perSecond },
    })
    return { ...after, updatedAt: at }
  })
  if (change.type === 'resume') onRollout(version)
  return changed
}

const pausedOf = (rollout: RolloutRow): RolloutRow => ({ ...rollout, status: 'paused' })

function resumedOf(
  rollout: RolloutRow,
  { share = rollout.share, perSecond = rollout.perSecond }: RolloutChange & { type: 'resume' },
): RolloutRow {
  if (share < rollout.share)
    throw new DomainError(
      'conflict',
      `${share} is less than the ${rollout.share} who were told; to take the rules back publish the older ones.`,
    )
  // Those who follow stand between those who were told: once more from the beginning, and nobody twice.
  const after = share > rollout.share ? '' : rollout.after
  return { ...rollout, status: 'running', share, perSecond, after }
}
