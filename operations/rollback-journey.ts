import { findVersion } from '../db/journey-pages.ts'
import { DomainError } from '../domain/errors.ts'
import { publishJourney, type PublishDeps, type Published } from './publish-journey.ts'

export interface RollbackInput {
  readonly key: string
  /** The version whose content comes back. */
  readonly to: number
  readonly keyId: string | null
  /** Default: now. */
  readonly requestedAtMs?: number
}

/**
 * Publishes the content of an earlier version again, as a new one. Nobody who is inside moves.
 *
 * @throws {DomainError} `not_found`; whatever `publishJourney` throws
 */
export async function rollbackJourney(
  deps: PublishDeps,
  { key, to, keyId, requestedAtMs = deps.nowMs() }: RollbackInput,
): Promise<Published> {
  const earlier = await findVersion(deps.db, { key, version: to })
  if (earlier === undefined)
    throw new DomainError('not_found', `There is no version ${to} of journey "${key}".`)
  const { definition } = earlier
  return publishJourney(deps, { key, keyId, definition, note: `rollback to ${to}`, requestedAtMs })
}
