import { listPendingLinks } from '../db/pending-links.ts'
import { beginMerge, type MergeDeps } from './begin-merge.ts'
import type { Dispatcher } from './dispatcher.ts'
import { startRounds, type Rounds } from './rounds.ts'

/** Links looked at in one round. */
const LINKS_MAX = 200

export interface MergerDeps extends MergeDeps {
  readonly dispatcher: Pick<Dispatcher, 'wake'>
  /** Told of a link that could not be worked off; the next pass tries it again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 1 s. */
  readonly everyMs?: number
}

/**
 * Works off the links between customers who turned out to be one person, in their order, also those that
 * were stored before there was merging. A link that must wait for another merge, or that fails, holds up
 * no other: the next pass comes to it again. Several processes may do this at once.
 */
export function startMerger(deps: MergerDeps): Rounds {
  const { db, dispatcher, onError, everyMs = 1_000 } = deps
  let after = 0
  const work = async (): Promise<void> => {
    const linkIds = await listPendingLinks(db, { after, limit: LINKS_MAX })
    after = linkIds.length < LINKS_MAX ? 0 : (linkIds.at(-1) ?? 0)
    for (const linkId of linkIds) {
      try {
        const waiting = await beginMerge(deps, linkId)
        if (waiting.length > 0) dispatcher.wake(waiting)
      } catch (error) {
        onError(error)
      }
    }
  }
  return startRounds(work, { everyMs, onError })
}
