import { conditionReads } from '../conditions.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import {
  conditionMentions,
  unknownNames,
  type Mention,
  type PropertyMention,
} from '../journeys/name-findings.ts'
import { eventsOf, policyConditions } from './policy-conditions.ts'
import type { PolicyParts } from './policy-parts.ts'

/** Names of events, properties, traits and journeys in a policy that nobody has ever seen. */
export function policyNameFindings(parts: PolicyParts, known: KnownNames): Finding[] {
  const { caps, exclusions, fatigue } = parts
  const conditions = policyConditions(parts)
  const mentions: Mention[] = [
    ...caps.flatMap(({ path, part }) =>
      (part.journeys ?? []).map((name, index): Mention => ({
        kind: 'journey',
        path: child(`${path}/journeys`, index),
        name,
      })),
    ),
    ...fatigue.flatMap(({ path, part }) =>
      part.reactions.map((name, index): Mention => ({
        kind: 'event',
        path: child(`${path}/reactions`, index),
        name,
      })),
    ),
    ...exclusions.flatMap(({ path, part }) =>
      eventsOf(path, part).map(({ path: at, match }): Mention => ({
        kind: 'event',
        path: `${at}/event`,
        name: match.event,
      })),
    ),
    ...conditions.flatMap(conditionMentions),
  ]
  return unknownNames({ mentions, properties: propertiesIn(parts) }, known)
}

function propertiesIn(parts: PolicyParts): PropertyMention[] {
  const inConditions = policyConditions(parts).flatMap(({ path, source, event }) =>
    event === null
      ? []
      : Object.keys(conditionReads(source).eventProperties).map((property) => ({
          path,
          property,
          events: [event],
        })),
  )
  const named = parts.exclusions.flatMap(({ path, part: { open = [], ...part } }) => {
    const events = open.map(({ event }) => event)
    const at = (place: string, property: string | undefined): PropertyMention[] =>
      property === undefined ? [] : [{ path: path + place, property, events }]
    return [
      ...at('/per', part.per),
      ...at('/after/property', typeof part.after === 'object' ? part.after.property : undefined),
      ...at('/decay/property', part.decay?.property),
      ...at('/blocks/property', part.blocks?.property),
    ]
  })
  return [...inConditions, ...named]
}
