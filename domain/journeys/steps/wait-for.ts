import { addDuration } from '../../time.ts'
import type { Awaited, WaitForStep } from '../step.ts'
import type { EventContext, StepHandler } from '../step-handler.ts'
import { own } from '../../own.ts'

/**
 * Holds the run until one of the awaited events happens or `within` has passed, whichever comes
 * first. With `sinceEntry`, what happened on the way here ends it at once.
 */
export const waitFor: StepHandler<WaitForStep> = {
  enter: (step, { atMs, zone, run }) => {
    const met = own(run.met, run.step)
    if (step.sinceEntry === true && met !== undefined)
      return { type: 'goTo', step: wayOf(step, met), changes: { forgetMet: true } }
    const [first, ...others] = awaitedBy(step).map(({ event }) => event)
    return {
      type: 'wait',
      wait: {
        type: 'event',
        event: first ?? '',
        ...(others.length === 0 ? {} : { others }),
        dueAtMs: addDuration(atMs, step.within, zone),
      },
    }
  },
  resume: (step, wake) => (wake.type === 'event' ? wayOf(step, wake.met ?? 0) : step.onTimeout),
  accepts: (step, event) => {
    const met = awaitedBy(step).findIndex((awaited, index) =>
      isMet(awaited, event, step.events === undefined ? 'when' : `events/${index}/when`),
    )
    return met === -1 ? null : met
  },
  hearsSinceEntry: (step) => step.sinceEntry === true,
}

/** The events that end the wait, in order. */
export function awaitedBy(step: WaitForStep): readonly Awaited[] {
  if (step.events !== undefined) return step.events
  const { event, when, same } = step
  if (event === undefined) return []
  return [
    { event, ...(when === undefined ? {} : { when }), ...(same === undefined ? {} : { same }) },
  ]
}

const wayOf = (step: WaitForStep, met: number): string => step.events?.[met]?.next ?? step.next

function isMet(
  { event, when, same }: Awaited,
  { name, properties, entryProperties, holds }: EventContext,
  path: string,
): boolean {
  if (event !== name) return false
  if (same !== undefined && !isSame(properties, entryProperties, same)) return false
  return when === undefined || holds(when, path)
}

/** Ids are texts in one system and numbers in the next. */
function isSame(
  a: EventContext['properties'],
  b: EventContext['properties'],
  name: string,
): boolean {
  const [one, other] = [valueOf(a, name), valueOf(b, name)]
  return one !== null && one === other
}

function valueOf(properties: EventContext['properties'], name: string): string | null {
  const value = own(properties, name)
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}
