import { child } from '../json-pointer.ts'
import type { Condition } from './values.ts'
import type { JourneyParts } from './journey-parts.ts'
import { eventOf } from './requested-entry.ts'
import { specOf } from './steps/registry.schema.ts'

/** A piece of CEL, where it stands and what it can see there. */
export interface ConditionPlace {
  readonly path: string
  readonly source: Condition
  readonly yields: 'condition' | 'value'
  /** The event in sight; null where the condition is judged without one. */
  readonly event: string | null
  /** Whether there is an entry event yet. */
  readonly seesEntry: boolean
  /** Whether there is a run, in which webhooks may have answered. */
  readonly seesAnswers: boolean
  /** Whether stored events can be looked up, as for an audience. Absent: no. */
  readonly seesStored?: true
}

/** Every condition and expression of a journey, in the order of its fields. */
export function conditionsOf(parts: JourneyParts): ConditionPlace[] {
  const places: ConditionPlace[] = []
  const add = (
    path: string,
    source: string | undefined | null,
    event: string | null,
    sees: 'event' | 'entry' | 'run',
    yields: ConditionPlace['yields'] = 'condition',
  ) => {
    if (typeof source !== 'string') return
    const seen = { seesEntry: sees !== 'event', seesAnswers: sees === 'run' }
    places.push({ path, source, yields, event, ...seen })
  }
  for (const { path, part } of parts.triggers)
    add(`${path}/when`, part.when, eventOf(part), 'event')
  add('/entry/when', parts.entryWhen, null, 'entry')
  for (const { path, part } of parts.exits)
    add(`${path}/when`, part.when, part.event ?? null, 'run')
  if (parts.goal !== null) {
    add('/goal/when', parts.goal.when, parts.goal.event, 'run')
    add('/goal/value', parts.goal.value, parts.goal.event, 'run', 'value')
  }
  for (const [id, step] of parts.steps) {
    if (step === null) continue
    for (const { path, source, event, yields } of specOf(step).conditions?.(step) ?? [])
      add(child('/steps', id) + path, source, event, 'run', yields)
  }
  return places
}
