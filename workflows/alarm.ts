import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow'

/** No timer runs longer: dates that stand for "never" lie beyond what an engine can count. */
const TIMER_MS_MAX = 10 * 365 * 86_400_000

/**
 * The one durable timer of an actor. Replaced only when the next instant becomes earlier; one that
 * fires too early simply wakes the actor, which arms it again: cheaper than cancelling and starting
 * a timer at every event.
 */
export class Alarm {
  #armed: { readonly atMs: number; readonly scope: CancellationScope } | null = null
  #hasRung = false

  /** Makes sure the actor wakes at `atMs` or earlier. */
  set(atMs: number | null, nowMs: number, summary: (atMs: number) => string): void {
    if (atMs === null || (this.#armed !== null && this.#armed.atMs <= atMs)) return
    this.#armed?.scope.cancel()
    const scope = new CancellationScope()
    this.#armed = { atMs, scope }
    scope
      .run(() =>
        sleep(Math.min(Math.max(1, atMs - nowMs), TIMER_MS_MAX), { summary: summary(atMs) }),
      )
      .then(
        () => {
          this.#armed = null
          this.#hasRung = true
        },
        (error: unknown) => {
          if (!isCancellation(error)) throw error
        },
      )
  }

  /** Whether the timer fired since the last call of `take`. */
  get hasRung(): boolean {
    return this.#hasRung
  }

  take(): void {
    this.#hasRung = false
  }
}
