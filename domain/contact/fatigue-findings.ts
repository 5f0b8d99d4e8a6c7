import { MACHINE_EVENTS } from '../feedback/feedback-event.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import { durationMs, parseDurationProblem } from '../time.ts'
import type { FatigueRule, FatigueStep } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'

/** What is wrong with rules of fatigue: steps that do not lead down, and reactions that are none. */
export function fatigueFindings({ fatigue }: PolicyParts): Finding[] {
  return fatigue.flatMap((rule) => [...stepFindings(rule), ...reactionFindings(rule)])
}

/** Each step begins later than the one before it, and lets fewer messages through. */
function stepFindings({ path, part: { steps } }: Placed<FatigueRule>): Finding[] {
  return steps.flatMap((step, index): Finding[] => {
    const before = steps[index - 1]
    const problem = before === undefined ? null : problemAfter(before, step)
    if (problem === null) return []
    return [
      {
        code: 'fatigue_not_rising',
        path: child(`${path}/steps`, index),
        message: problem,
        severity: 'error',
      },
    ]
  })
}

function problemAfter(before: FatigueStep, step: FatigueStep): string | null {
  if (step.afterUnanswered <= before.afterUnanswered)
    return `It begins after ${step.afterUnanswered} messages, and the step before it after ${before.afterUnanswered}; write the steps in the order in which they are reached.`
  if ('stop' in before)
    return 'After the step before it nothing goes out any more, so it is never reached; take it out, or write it before that one.'
  if ('stop' in step) return null
  if ([before.per, step.per].some((per) => parseDurationProblem(per) !== null)) return null
  if (step.max / durationMs(step.per) <= before.max / durationMs(before.per)) return null
  return `It lets more through (${step.max} in ${step.per}) than the step before it (${before.max} in ${before.per}); who has answered less gets less.`
}

/** A machine fetches the mails of people who never look at them. */
function reactionFindings({ path, part: { reactions } }: Placed<FatigueRule>): Finding[] {
  return reactions.flatMap((name, index): Finding[] =>
    MACHINE_EVENTS.some((each) => each === name)
      ? [
          {
            code: 'machine_reaction',
            path: child(`${path}/reactions`, index),
            message: `"${name}" tells what a machine did, and no person; name what people do, such as "Email Link Clicked".`,
            severity: 'error',
          },
        ]
      : [],
  )
}
