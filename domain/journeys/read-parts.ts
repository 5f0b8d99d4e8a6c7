import { child } from '../json-pointer.ts'
import {
  arbitrationSchema,
  audienceEntrySchema,
  classSchema,
  exitRuleSchema,
  goalSchema,
  journeyMessageSchema,
  laneSchema,
  onPreemptSchema,
  reentrySchema,
  triggerSchema,
  validitySchema,
} from './journey.schema.ts'
import { readableMessages, type JourneyParts } from './journey-parts.ts'
import { isObject, membersOf, readList, readMap, readOne } from './readable.ts'
import { stepSchema } from './steps/registry.schema.ts'

/** What can be read of a definition that as a whole cannot: each part that is well-formed by itself. */
export function readParts(definition: unknown): JourneyParts {
  const journey = membersOf(definition)
  const entry = membersOf(journey.entry)
  return {
    key: typeof journey.key === 'string' ? journey.key : null,
    class: readOne(classSchema, journey.class),
    lane: readOne(laneSchema, journey.lane),
    arbitration: readOne(arbitrationSchema, journey.arbitration),
    valid: readOne(validitySchema, journey.valid),
    onPreempt: readOne(onPreemptSchema, journey.onPreempt),
    triggers: readList('/entry/on', triggerSchema, entry.on),
    audience: readOne(audienceEntrySchema, entry.audience),
    entryWhen: typeof entry.when === 'string' ? entry.when : null,
    reentry: readOne(reentrySchema, entry.reentry),
    exits: readList('/exit', exitRuleSchema, journey.exit),
    goal: readOne(goalSchema, journey.goal),
    durations: ['staleAfter', 'queueFor'].flatMap((name) => {
      const part = journey[name]
      return typeof part === 'string' ? [{ path: child('', name), part }] : []
    }),
    // Where there are no steps to read, nobody knows whether there was one of that name.
    start: typeof journey.start === 'string' && isObject(journey.steps) ? journey.start : null,
    steps: readMap(stepSchema, journey.steps),
    messages: readableMessages(readMap(journeyMessageSchema, journey.messages)),
  }
}
