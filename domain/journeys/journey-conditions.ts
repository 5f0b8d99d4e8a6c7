import { child } from '../json-pointer.ts'
import type { Condition } from './journey.ts'
import type { JourneyParts } from './journey-parts.ts'
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
}

/** Every condition and expression of a journey, in the order of its fields. */
export function conditionsOf(parts: JourneyParts): ConditionPlace[] {
  const places: ConditionPlace[] = []
  const add = (
    path: string,
    source: string | undefined | null,
    event: string | null,
    seesEntry: boolean,
    yields: ConditionPlace['yields'] = 'condition',
  ) => {
    if (typeof source === 'string') places.push({ path, source, yields, event, seesEntry })
  }
  for (const { path, part } of parts.triggers)
    add(`${path}/when`, part.when, 'event' in part ? part.event : null, false)
  add('/entry/when', parts.entryWhen, null, true)
  for (const { path, part } of parts.exits) add(`${path}/when`, part.when, part.event ?? null, true)
  if (parts.goal !== null) {
    add('/goal/when', parts.goal.when, parts.goal.event, true)
    add('/goal/value', parts.goal.value, parts.goal.event, true, 'value')
  }
  for (const [id, step] of parts.steps) {
    if (step === null) continue
    for (const { path, source, event, yields } of specOf(step).conditions?.(step) ?? [])
      add(child('/steps', id) + path, source, event, true, yields)
  }
  return places
}
