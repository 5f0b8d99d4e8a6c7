import type { DateRule, Lock } from './journey.ts'
import type { JourneyParts } from './journey-parts.ts'
import type { StepId } from './values.ts'

/** What of a definition a lock is read off. */
type Parts = Pick<JourneyParts, 'arbitration'>

/** Where a lock stands in a definition. */
export const LOCK_PATH = '/arbitration/lock'

/** Null where there is none. */
export function lockIn({ arbitration }: Parts): Lock | null {
  return arbitration?.mode === 'manual' ? (arbitration.lock ?? null) : null
}

/** The step that ends a lock; null where something else does, or nothing. */
export function lockStep(parts: Parts): StepId | null {
  const lock = lockIn(parts)
  return lock !== null && lock !== 'journey' && 'untilStep' in lock ? lock.untilStep : null
}

/** The date that ends a lock; null where something else does, or nothing. */
export function lockDate(parts: Parts): DateRule | null {
  const lock = lockIn(parts)
  return lock !== null && lock !== 'journey' && 'untilDate' in lock ? lock.untilDate : null
}

/** The instant that ends a lock; null where something else does, or nothing. */
export function lockInstant(parts: Parts): string | null {
  const lock = lockIn(parts)
  return lock !== null && lock !== 'journey' && 'until' in lock ? lock.until : null
}
