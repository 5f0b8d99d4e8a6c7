import { insertVersionExits } from '../db/stopped-runs.ts'
import { endVersion, type EndVersionDeps, type EndVersionInput } from './end-version.ts'

/** People told to leave by one statement. */
export const LEAVERS_MAX = 5_000

export interface StopVersionDeps extends EndVersionDeps {
  /** Told of customers with something to deliver. */
  readonly onPending: (customerIds: string[]) => void
}

/**
 * Takes no new entries into a version and has everybody leave it, wherever they stand, as soon as
 * their actors come to it in the order of their logs. A superseded or closed version can be stopped
 * too. More people than one statement tells, and those who were entering in this instant, are told by
 * the sweeper.
 *
 * @throws {DomainError} `not_found`; `conflict` where it is stopped already
 */
export async function stopVersion(deps: StopVersionDeps, input: EndVersionInput): Promise<void> {
  await endVersion(deps, input, 'stopped', (before) =>
    before === 'stopped'
      ? `Version ${input.version} of "${input.key}" is stopped already.`
      : undefined,
  )
  // After the commit: ingest does not wait for it. The version is stopped whether or not it succeeds;
  // the sweeper runs the same statement, and reports where that fails.
  const told = await insertVersionExits(deps.db, { nowMs: deps.now(), limit: LEAVERS_MAX }).catch(
    () => [],
  )
  deps.onPending(told)
}
