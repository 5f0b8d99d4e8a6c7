import { rearmDateWaits } from './date-waits.ts'
import { armDateEntries } from './date-entries.ts'
import { rearmDateLocks } from './lock-ends.ts'
import { type Turn, zoneOf } from './turn.ts'

/**
 * Reckons anew what hangs on a date, where a date or the customer's zone has changed since it was
 * last done. Called after everything that happens to a customer.
 */
export function rearmDates(turn: Turn, atMs: number): void {
  const { facts } = turn.state
  const zone = zoneOf(turn)
  if (facts.dates === turn.reckoned.dates && zone === turn.reckoned.zone) return
  turn.reckoned = { dates: facts.dates, zone }
  armDateEntries(turn, atMs)
  rearmDateLocks(turn, atMs)
  rearmDateWaits(turn, atMs)
}
