import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { findVersionStatus, markVersionEnded, type VersionId } from '../db/journey-versions.ts'
import type { Database, VersionStatus } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import { holdRules, putRulesInForce } from './put-rules-in-force.ts'

export interface EndVersionDeps {
  readonly db: Kysely<Database>
  readonly now: () => number
}

export interface EndVersionInput extends VersionId {
  readonly keyId: string | null
}

/**
 * Lets nobody enter a version any more, from the next batch of every customer on. `refuse` says what
 * speaks against it, given what has become of the version so far. A book that grew too large is no
 * reason not to end one.
 *
 * @throws {DomainError} `not_found`; `conflict` with what `refuse` says
 */
export async function endVersion(
  { db, now }: EndVersionDeps,
  { key, version, keyId }: EndVersionInput,
  status: 'closed' | 'stopped',
  refuse: (before: VersionStatus) => string | undefined,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const held = await holdRules(trx)
    const before = await findVersionStatus(trx, { key, version })
    if (before === undefined)
      throw new DomainError('not_found', `There is no version ${version} of journey "${key}".`)
    const refusal = refuse(before)
    if (refusal !== undefined) throw new DomainError('conflict', refusal)

    const at = new Date(now())
    await markVersionEnded(trx, { key, version }, { status, at })
    await putRulesInForce(trx, held, at)
    await recordCommand(trx, {
      keyId,
      action: status === 'closed' ? 'journey.close' : 'journey.stop',
      target: `journey/${key}@${version}`,
      before: { status: before },
      after: { status },
    })
  })
}
