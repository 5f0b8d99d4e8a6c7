import type { InjectedSinks } from '@temporalio/worker'
import { nowMs } from './now.ts'
import type { Activated, ObserverSinks } from './observe-interceptor.ts'

/** What can be waited for: a signal handled, or the answer of a regular activity taken in. */
export type Sight = keyof Activated

interface Wanted {
  readonly sight: Sight
  /** Workflow id → how many are still to come. */
  readonly missing: Map<string, number>
  readonly at: Map<string, number>
  readonly done: (at: Map<string, number>) => void
}

/**
 * Sees when workflows have dealt with something, as their worker reports it. Instants are those of
 * `nowMs`, which all processes of a machine share.
 */
export class Observer {
  readonly #wanted = new Set<Wanted>()

  readonly sinks: InjectedSinks<ObserverSinks> = {
    observer: {
      activated: {
        fn: ({ workflowId }, activated) => {
          const atMs = nowMs()
          for (const wanted of this.#wanted) see(wanted, workflowId, activated[wanted.sight], atMs)
        },
        callDuringReplay: false,
      },
    },
  }

  /**
   * The instants at which each of these workflows has seen `times` of it, counted from this call.
   *
   * @throws {Error} saying how many are missing, after `withinMs`
   */
  all(
    workflowIds: readonly string[],
    { sight, times = 1, withinMs }: { sight: Sight; times?: number; withinMs: number },
  ): Promise<Map<string, number>> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.#wanted.delete(wanted)
      }
      const wanted: Wanted = {
        sight,
        missing: new Map(workflowIds.map((id) => [id, times])),
        at: new Map(),
        done: (at) => {
          finish()
          resolve(at)
        },
      }
      const timer = setTimeout(() => {
        finish()
        reject(
          new Error(
            `After ${withinMs / 1_000} s ${wanted.missing.size} of ${workflowIds.length} workflows still wait for ${sight}.`,
          ),
        )
      }, withinMs)
      this.#wanted.add(wanted)
    })
  }
}

function see(wanted: Wanted, workflowId: string, seen: number, atMs: number): void {
  const missing = wanted.missing.get(workflowId)
  if (missing === undefined || seen === 0) return
  if (seen < missing) {
    wanted.missing.set(workflowId, missing - seen)
    return
  }
  wanted.missing.delete(workflowId)
  wanted.at.set(workflowId, atMs)
  if (wanted.missing.size === 0) wanted.done(wanted.at)
}
