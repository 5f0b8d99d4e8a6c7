import { evaluateExpression, type ScopeEvent } from '../conditions.ts'
import type { EventContext, StepContext } from '../journeys/step-handler.ts'
import { child } from '../json-pointer.ts'
import type { StepId } from '../journeys/values.ts'
import type { JsonValue } from '../json.ts'
import type { Run } from './customer-state.ts'
import { holds, scopeOf, type ConditionPlace, type Turn, valueOr, zoneOf } from './turn.ts'

/** What the step on which a run stands may know. */
export function stepContext(turn: Turn, run: Run, atMs: number): StepContext {
  const { state } = turn
  const place = placeOf(run, run.step)
  return {
    atMs,
    zone: zoneOf(turn),
    customerId: state.customerId,
    run,
    arms: state.arms,
    dates: state.facts.dates,
    holds: (condition, path) => holds(turn, condition, place(path), scopeOf(turn, atMs, null, run)),
    valueOf: (expression, path) =>
      valueOr<JsonValue | undefined>(
        turn,
        evaluateExpression(expression, scopeOf(turn, atMs, null, run)),
        place(path),
        undefined,
      ),
  }
}

/** What a step of a run may know of an event. */
export function eventContext(
  turn: Turn,
  run: Run,
  stepId: StepId,
  event: ScopeEvent,
  atMs: number,
): EventContext {
  const place = placeOf(run, stepId)
  return {
    name: event.name,
    properties: event.properties,
    entryProperties: run.entry.properties,
    holds: (condition, path) =>
      holds(turn, condition, place(path), scopeOf(turn, atMs, event, run)),
  }
}

const placeOf =
  (run: Run, stepId: StepId) =>
  (path: string): ConditionPlace => ({
    journey: run.journey,
    version: run.version,
    path: `${child('/steps', stepId)}/${path}`,
  })
