import type { Kysely } from 'kysely'
import { postIdentifiers } from '../channels/audience-sync/post-identifiers.ts'
import type { SignedHttp } from '../channels/signed-http.ts'
import {
  claimRemovals,
  deleteUpload,
  postponeRemoval,
  type AudienceRemoval,
} from '../db/audience-removals.ts'
import type { Database } from '../db/schema.ts'
import { startRounds, type Rounds } from '../operations/rounds.ts'

/** Removals of one round, side by side. */
const AT_ONCE = 20
const TIMEOUT_MS = 20_000
/** After the first failure, doubled with each. */
const AGAIN_MS = 10_000
const AGAIN_MS_MAX = 6 * 3_600_000

export interface AudienceRemoverDeps {
  readonly db: Kysely<Database>
  readonly http: SignedHttp
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Told of a platform that does not take one. Must not throw. */
  readonly onRefused: (about: { uploadId: string; list: string; reason: string }) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/**
 * Has advertising platforms take customers off their lists: those who withdrew their consent, and those who
 * are forgotten. Each removal is made until the platform says yes, ever more rarely, and then its hashes go;
 * none is given up.
 */
export function startAudienceRemover(deps: AudienceRemoverDeps): Rounds {
  const { db, onError, everyMs = 5_000 } = deps
  const work = async (): Promise<void> => {
    for (;;) {
      const due = await claimRemovals(db, AT_ONCE)
      await Promise.all(due.map((removal) => remove(deps, removal)))
      if (due.length < AT_ONCE) return
    }
  }
  return startRounds(work, { everyMs, onError })
}

async function remove(
  { db, http, onRefused }: AudienceRemoverDeps,
  { uploadId, attempts, ...change }: AudienceRemoval,
): Promise<void> {
  const id = `${uploadId}.remove`
  const answer = await postIdentifiers(http, { ...change, id, action: 'remove' }, TIMEOUT_MS)
  if (answer.type === 'sent') {
    await deleteUpload(db, uploadId)
    return
  }
  const { reason } = answer
  const againMs = Math.min(AGAIN_MS * 2 ** Math.min(attempts - 1, 20), AGAIN_MS_MAX)
  const askedMs = answer.type === 'unavailable' ? (answer.afterMs ?? 0) : 0
  await postponeRemoval(db, uploadId, { afterMs: Math.max(againMs, askedMs), problem: reason })
  onRefused({ uploadId, list: change.list, reason })
}
