import { dateInstant } from '../customers/date-facts.ts'
import { DefinitionError } from '../errors.ts'
import type { RunDefinition } from '../journeys/journey.ts'
import { own } from '../own.ts'
import { instantOf } from '../time.ts'
import type { CustomerState, Run } from './customer-state.ts'
import type { RunRecord } from './effects.ts'
import { isForeground, type Turn, zoneOf } from './turn.ts'

/** How long a run holds its customer, as people see it. */
export type HeldLock = NonNullable<RunRecord['lock']>

/** What a lock until a date is reckoned from: the customer's dates, and the zone of their local times. */
type LockCalendar = Pick<CustomerState, 'facts' | 'zone'>

export const calendarOf = (turn: Turn): LockCalendar => ({
  facts: turn.state.facts,
  zone: zoneOf(turn),
})

/**
 * The lock of a run, where it has one that has not ended. It holds the customer also while the run is
 * paused by what broke it. Judged without a clock: `unlockedAtMs` says that it is over.
 *
 * I1  A lock that has ended never comes back for its run.
 * I2  A date that is missing, or that nobody can read, locks nobody.
 */
export function lockOf(
  { facts, zone }: LockCalendar,
  run: Run,
  { arbitration }: Pick<RunDefinition, 'arbitration'>,
): HeldLock | null {
  if (arbitration.mode === 'auto' || run.unlockedAtMs !== undefined || !isForeground(run))
    return null
  const { lock } = arbitration
  if (lock === undefined) return null
  if (lock === 'journey') return { scope: 'journey', untilMs: null }
  if ('untilStep' in lock) return { scope: 'untilStep', untilMs: null }
  try {
    if ('until' in lock) return { scope: 'until', untilMs: instantOf(lock.until) }
    const fact = own(facts.dates, lock.untilDate.date)
    if (fact === undefined) return null
    const due = dateInstant(fact, lock.untilDate, zone, run.enteredAtMs)
    return due === null ? null : { scope: 'untilDate', untilMs: due.atMs }
  } catch (error) {
    // A version that the checker would have refused; it never fails the customer.
    if (error instanceof DefinitionError) return null
    throw error
  }
}

/**
 * The run with its lock off, where that is over by `atMs` or never was on: it stands on the step that
 * ends it, the instant has come, there is no such date. Itself otherwise.
 */
export function withLockAt(
  calendar: LockCalendar,
  run: Run,
  definition: Pick<RunDefinition, 'arbitration'>,
  atMs: number,
): Run {
  const { arbitration } = definition
  if (arbitration.mode === 'auto' || arbitration.lock === undefined) return run
  if (run.unlockedAtMs !== undefined || !isForeground(run)) return run
  const held = lockOf(calendar, run, definition)
  const isAtItsEnd =
    held === null ||
    (held.untilMs !== null && held.untilMs <= atMs) ||
    endsLock(definition, run.step)
  return isAtItsEnd ? { ...run, unlockedAtMs: atMs } : run
}

const endsLock = ({ arbitration }: Pick<RunDefinition, 'arbitration'>, step: string): boolean =>
  arbitration.mode === 'manual' &&
  typeof arbitration.lock === 'object' &&
  'untilStep' in arbitration.lock &&
  arbitration.lock.untilStep === step
