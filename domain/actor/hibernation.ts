import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import type { IsoDuration } from '../journeys/values.ts'
import { durationMs } from '../time.ts'
import type { CustomerState } from './customer-state.ts'
import type { EventBatch } from './inputs.ts'
import type { Rules } from './turn.ts'

/** How long a customer is quiet before the actor goes to sleep, where the lifecycle rules do not say. */
const HIBERNATE_AFTER: IsoDuration = 'P1D'

const hibernateAfterMs = ({ hibernateAfter = HIBERNATE_AFTER }: LifecycleRules): number =>
  durationMs(hibernateAfter)

/**
 * When an actor may leave the engine until something happens or falls due: once its customer has been
 * quiet for as long as the rules say, and only where what comes next by itself is further away than
 * that. Null: not as things stand.
 *
 * Shape: heard at h, quiet for d, now n → the later of h + d and n; null where the next instant is
 * not later than d after that.
 */
export function sleepsAtMs(
  actor: CustomerState,
  { book }: Rules,
  {
    heardAtMs,
    wakeAtMs,
    nowMs,
  }: {
    /** When the customer last did something, as far as is known; 0: not since the actor slept. */
    readonly heardAtMs: number
    /** The next instant at which something happens by itself. */
    readonly wakeAtMs: number | null
    readonly nowMs: number
  },
): number | null {
  if (book === null || !hasNothingPending(actor) || !hasNewestRules(actor)) return null
  // The clock of a test customer is the engine's: it must be there to be moved.
  if (actor.test) return null
  const quietMs = hibernateAfterMs(book.lifecycle)
  const atMs = Math.max(nowMs, heardAtMs + quietMs)
  return wakeAtMs !== null && wakeAtMs - atMs <= quietMs ? null : atMs
}

/** Whether nothing of the actor's is under way or waits for an answer. */
const hasNothingPending = (actor: CustomerState): boolean =>
  actor.runs.length === 0 &&
  actor.deferred.length === 0 &&
  actor.collected.length === 0 &&
  actor.pending === null &&
  actor.arbitration === null &&
  actor.loading === null

const hasNewestRules = ({ wantedBook, bookHash }: CustomerState): boolean =>
  wantedBook === null || wantedBook === bookHash

/** Whether a batch holds nothing that the customer does now: only what was imported, or said by the system itself. */
export const isQuiet = ({ items }: EventBatch): boolean =>
  items.every(
    (item) =>
      (item.type === 'event' && item.historical === true) ||
      (item.type === 'facts' && item.from !== undefined),
  )
