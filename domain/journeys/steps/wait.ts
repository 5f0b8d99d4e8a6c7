import { dateInstant } from '../../customers/date-facts.ts'
import { addDuration, instantOf, nextAligned, type Alignment } from '../../time.ts'
import type { WaitStep } from '../step.ts'
import type { StepContext, StepHandler, StepOutcome } from '../step-handler.ts'
import { own } from '../../own.ts'

/**
 * Holds the run for a duration, until an instant or until a date that a trait holds, then on to the
 * next local time and weekday. A wait for a local time alone always ends later than it began, so
 * that a daily loop cannot spin.
 */
export const wait: StepHandler<WaitStep> = {
  enter: (step, context) => {
    if (step.date !== undefined) return waitForDate(step, step.date, context)
    const { atMs, zone } = context
    const rawDueAtMs =
      step.for !== undefined
        ? addDuration(atMs, step.for, zone)
        : step.until !== undefined
          ? instantOf(step.until)
          : null
    const alignment = alignmentOf(step)
    const dueAtMs =
      alignment === null
        ? (rawDueAtMs ?? atMs)
        : nextAligned(rawDueAtMs ?? atMs + 1, alignment, step.zone ?? zone)
    return {
      type: 'wait',
      wait: {
        type: 'until',
        dueAtMs: Math.max(dueAtMs, atMs),
        // What remains of a duration is kept over a pause; an instant stays where it is.
        rawDueAtMs: step.for === undefined ? null : rawDueAtMs,
        at: step.at ?? null,
        ...(step.weekdays === undefined ? {} : { weekdays: step.weekdays }),
        ...(step.zone === undefined ? {} : { zone: step.zone }),
      },
    }
  },
  resume: (step, wake) => {
    if (wake.type !== 'date') return step.next
    return (wake.is === 'missing' ? step.onMissing : step.onPast) ?? step.next
  },
}

/** A date that is missing or has passed goes its declared way; it never sends at once by accident. */
function waitForDate(
  step: WaitStep,
  date: string,
  { atMs, zone, dates }: StepContext,
): StepOutcome {
  const fact = own(dates, date)
  if (fact === undefined) return { type: 'goTo', step: step.onMissing ?? step.next }
  const instant = dateInstant(fact, { ...step, date }, step.zone ?? zone, atMs)
  if (instant === null) return { type: 'goTo', step: step.onPast ?? step.next }
  const dueAtMs =
    step.weekdays === undefined
      ? instant.atMs
      : nextAligned(instant.atMs, { weekdays: step.weekdays }, step.zone ?? zone)
  return {
    type: 'wait',
    wait: { type: 'until', dueAtMs, rawDueAtMs: null, at: null, isDate: true },
  }
}

/** Null where the wait ends at any time of any day. */
function alignmentOf({ at, weekdays }: WaitStep): Alignment | null {
  if (at === undefined && weekdays === undefined) return null
  return { ...(at === undefined ? {} : { at }), ...(weekdays === undefined ? {} : { weekdays }) }
}
