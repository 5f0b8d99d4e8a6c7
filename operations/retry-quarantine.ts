import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { findQuarantined, markQuarantineResolved, type QuarantinedEvent } from '../db/quarantine.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, invariant, type Finding } from '../domain/errors.ts'
import type { EventAcceptor } from './accept-events.ts'
import { storageProblems, type Accepted, type IncomingEvent } from './incoming-event.ts'

export interface RetryQuarantineDeps {
  readonly db: Kysely<Database>
  readonly acceptor: EventAcceptor
  readonly now: () => number
  /**
   * Reads an entry as ingest would. Must make the same message id of it every time, so that a second
   * retry is a repeat.
   */
  readonly parse: (entry: QuarantinedEvent) => IncomingEvent | readonly Finding[]
}

/**
 * Accepts a quarantined event after all, now that it reads well. If the process dies in between, the
 * next retry repeats the same message id and only marks the entry.
 *
 * @throws {DomainError} `not_found`; `conflict` when it was resolved before; `unacceptable` with what
 * is still wrong.
 */
export async function retryQuarantine(
  deps: RetryQuarantineDeps,
  { quarantineId, keyId }: { quarantineId: string; keyId: string | null },
): Promise<Accepted> {
  const entry = await findQuarantined(deps.db, quarantineId)
  if (entry === undefined) throw new DomainError('not_found', 'There is no such quarantined event')
  if (entry.status !== 'open') throw new DomainError('conflict', 'The event was accepted before')
  const event = deps.parse(entry)
  if (isRefused(event)) throw stillWrong(event)
  const problems = storageProblems(event)
  if (problems.length > 0) throw stillWrong(problems)

  const [accepted] = await deps.acceptor.accept([event])
  invariant(accepted !== undefined, 'one event in, one answer out')
  if (accepted.findings !== undefined) throw stillWrong(accepted.findings)
  await deps.db.transaction().execute(async (trx) => {
    const isFirst = await markQuarantineResolved(trx, { quarantineId, atMs: deps.now() })
    if (!isFirst) return
    await recordCommand(trx, {
      keyId,
      action: 'quarantine.retry',
      target: `quarantine/${quarantineId}`,
      before: { status: 'open' },
      after: { status: 'resolved', seq: accepted.seq },
    })
  })
  return accepted
}

const isRefused = (read: IncomingEvent | readonly Finding[]): read is readonly Finding[] =>
  Array.isArray(read)

const stillWrong = (findings: readonly Finding[]): DomainError =>
  new DomainError('unacceptable', 'The event still cannot be accepted', findings)
