import { checkCondition, conditionReads } from '../conditions.ts'
import { INSTANTS_MAX } from '../actor/customer-state.ts'
import { literalProblems } from '../conditions/literals.ts'
import type { Finding } from '../errors.ts'
import { conditionsOf, type ConditionPlace } from './journey-conditions.ts'
import type { JourneyParts } from './journey-parts.ts'

/** What is wrong with a journey's conditions and expressions. */
export function conditionFindings(parts: JourneyParts): Finding[] {
  return findingsIn(conditionsOf(parts))
}

/** What is wrong with these conditions and expressions, wherever they stand. */
export function findingsIn(places: readonly ConditionPlace[]): Finding[] {
  return places.flatMap((place) => {
    const problems = checkCondition(place.source, {
      event: place.event !== null,
      entry: place.seesEntry,
      answers: place.seesAnswers,
      stored: place.seesStored ?? false,
      result: place.yields === 'condition' ? 'bool' : 'any',
    })
    return [
      ...problems.map(({ code, message }): Finding => ({
        code,
        path: place.path,
        message,
        severity: 'error',
      })),
      ...(problems.length === 0 ? literalFindings(place) : []),
      ...windowFindings(place),
    ]
  })
}

function literalFindings({ path, source }: ConditionPlace): Finding[] {
  return literalProblems(source).map(({ code, message }) => ({
    code,
    path,
    message,
    // Consent may be recorded for channels that we do not send on.
    severity: code === 'unknown_channel' ? 'warning' : 'error',
  }))
}

/** An actor keeps the newest instants only: a windowed count stops there, and says nothing beyond. */
function windowFindings({ path, source }: ConditionPlace): Finding[] {
  return conditionReads(source).events.flatMap(({ name, windowed, comparedTo }): Finding[] => {
    if (!windowed) return []
    if (comparedTo === undefined)
      return [
        {
          code: 'window_not_compared',
          path,
          message: `The count of "${name}" in a window stops at ${INSTANTS_MAX}; compare it with a number below that to be sure of it.`,
          severity: 'warning',
        },
      ]
    if (comparedTo < INSTANTS_MAX) return []
    return [
      {
        code: 'window_too_much',
        path,
        message: `The count of "${name}" in a window stops at ${INSTANTS_MAX} and cannot be compared with ${comparedTo}; use a number below ${INSTANTS_MAX} or leave out the window.`,
        severity: 'error',
      },
    ]
  })
}
