import type { Exclusion } from './policy.ts'
import { isMeant, type Scoped } from './scope.ts'

/**
 * Whether an exclusion is in force: it has begun and has not ended. One that is in force by its very
 * opening is so even where the clock is a little behind the one that opened it.
 */
export const isInForce = ({ sinceMs, fromMs, untilMs }: Exclusion, atMs: number): boolean =>
  (fromMs <= sinceMs || fromMs <= atMs) && (untilMs === null || atMs < untilMs)

/** The exclusion that keeps a message back for longest; null where none does. */
export function excludedBy(
  exclusions: readonly Exclusion[],
  message: Scoped,
  atMs: number,
): Exclusion | null {
  return exclusions
    .filter(
      (each) =>
        isInForce(each, atMs) && isMeant({ classes: ['marketing'], ...each.scope }, message),
    )
    .reduce<Exclusion | null>(
      (last, each) => (last === null || endOf(each) > endOf(last) ? each : last),
      null,
    )
}

const endOf = ({ untilMs }: Exclusion): number => untilMs ?? Infinity
