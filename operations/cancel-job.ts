import type { Kysely } from 'kysely'
import { recordCommand } from '../db/commands.ts'
import { endJob, findJob } from '../db/jobs.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'

/**
 * Ends a job that waits or runs. It is over when this answers: whoever works on it sees so in SQL
 * within a second, also with the engine away, and its workflow ends with it. One that was over
 * already stays what it was.
 *
 * @throws {DomainError} `not_found`
 */
export async function cancelJob(
  { db }: { readonly db: Kysely<Database> },
  { jobId, keyId }: { readonly jobId: string; readonly keyId: string | null },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const job = await findJob(trx, jobId)
    if (job === undefined) throw new DomainError('not_found', 'There is no such job')
    const ended = await endJob(trx, jobId, { status: 'cancelled', error: null })
    if (ended)
      await recordCommand(trx, {
        keyId,
        action: 'job.cancel',
        target: `job/${jobId}`,
        before: { status: job.status },
        after: { status: 'cancelled' },
      })
  })
}
