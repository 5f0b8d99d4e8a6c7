import type { Kysely } from 'kysely'
import { postIdentifiers } from '../channels/audience-sync/post-identifiers.ts'
import type { SignedHttp } from '../channels/signed-http.ts'
import {
  claimChanges,
  postponeChange,
  settleChange,
  type DueChange,
} from '../db/audience-removals.ts'
import type { Database } from '../db/schema.ts'
import { startRounds, type Rounds } from '../operations/rounds.ts'

/** Changes of one round, side by side. */
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
  readonly onRefused: (about: {
    uploadId: string
    list: string
    action: 'add' | 'remove'
    reason: string
  }) => void
  /** Default 5 s. */
  readonly everyMs?: number
}

/**
 * Has advertising platforms take customers off their lists: those who withdrew their consent, those who are
 * forgotten, and those whose address is another, who are added by the new one after that. Each is told until
 * the platform says yes, ever more rarely, and hashes that were removed go then; none is given up.
 */
export function startAudienceRemover(deps: AudienceRemoverDeps): Rounds {
  const { db, onError, everyMs = 5_000 } = deps
  const work = async (): Promise<void> => {
    for (;;) {
      const due = await claimChanges(db, AT_ONCE)
      await Promise.all(due.map((change) => tell(deps, change)))
      if (due.length < AT_ONCE) return
    }
  }
  return startRounds(work, { everyMs, onError })
}

async function tell(
  { db, http, onRefused }: AudienceRemoverDeps,
  { attempts, ...due }: DueChange,
): Promise<void> {
  const { uploadId, status, ...change } = due
  const action = status === 'removing' ? 'remove' : 'add'
  const id = `${uploadId}.${action}`
  const answer = await postIdentifiers(http, { ...change, id, action }, TIMEOUT_MS)
  if (answer.type === 'sent') {
    await settleChange(db, due)
    return
  }
  const { reason } = answer
  const againMs = Math.min(AGAIN_MS * 2 ** Math.min(attempts - 1, 20), AGAIN_MS_MAX)
  const askedMs = answer.type === 'unavailable' ? (answer.afterMs ?? 0) : 0
  await postponeChange(db, due, { afterMs: Math.max(againMs, askedMs), problem: reason })
  onRefused({ uploadId, list: change.list, action, reason })
}
