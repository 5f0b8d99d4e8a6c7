import { randomInt } from 'node:crypto'

/** What the servers of a test see of the processes that it kills. */
export type Sight = 'call' | 'mail' | 'webhook'

/** Blows at the n-th sight of a kind, in the very middle of it: how a test kills at a point that no clock chose. */
export class Fuse {
  #left = 0
  #sight: Sight | null = null
  #blow: () => void = () => {}

  /** Resolves when `blow` has been called: at a random one of the next `among` sights of this kind. */
  arm(sight: Sight, among: number, blow: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sight = sight
    this.#left = randomInt(1, among + 1)
    this.#blow = () => {
      blow()
      resolve()
    }
    return promise
  }

  /** Tells of a sight; true when this one blew the fuse. */
  saw(sight: Sight): boolean {
    if (sight !== this.#sight || --this.#left > 0) return false
    this.#sight = null
    this.#blow()
    return true
  }
}
