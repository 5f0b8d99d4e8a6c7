import type { ConditionPlace } from '../journeys/journey-conditions.ts'
import type { EventMatch, ExclusionRule } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'

/** Every condition of a policy. None sees a run: they are about customers and events. */
export function policyConditions({ groups, exclusions }: PolicyParts): ConditionPlace[] {
  return [
    ...groups.flatMap(({ path, part }) => customerCondition(`${path}/when`, part.when)),
    ...exclusions.flatMap(({ path, part }) => [
      ...customerCondition(`${path}/while`, part.while),
      ...eventsOf(path, part).flatMap(({ path: at, match: { event, when } }) =>
        when === undefined ? [] : [{ ...conditionAt(`${at}/when`, when), event }],
      ),
    ]),
  ]
}

/** The events that open and close an exclusion. */
export const eventsOf = (
  path: string,
  { open = [], close = [] }: Pick<ExclusionRule, 'open' | 'close'>,
): { path: string; match: EventMatch }[] => [
  ...open.map((match, index) => ({ path: `${path}/open/${index}`, match })),
  ...close.map((match, index) => ({ path: `${path}/close/${index}`, match })),
]

/** A condition over the customer alone, where there is one. */
export const customerCondition = (path: string, source: string | undefined): ConditionPlace[] =>
  source === undefined ? [] : [conditionAt(path, source)]

const conditionAt = (path: string, source: string): ConditionPlace => ({
  path,
  source,
  yields: 'condition',
  event: null,
  seesEntry: false,
  seesAnswers: false,
})
