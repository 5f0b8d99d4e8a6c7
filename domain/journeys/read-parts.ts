import type { ZodType } from 'zod'
import { child } from '../json-pointer.ts'
import {
  arbitrationSchema,
  classSchema,
  exitRuleSchema,
  goalSchema,
  laneSchema,
  messageSchema,
  onPreemptSchema,
  reentrySchema,
  triggerSchema,
  validitySchema,
} from './journey.schema.ts'
import type { JourneyParts, Placed } from './journey-parts.ts'
import { stepSchema } from './steps/registry.schema.ts'

/** What can be read of a definition that as a whole cannot: each part that is well-formed by itself. */
export function readParts(definition: unknown): JourneyParts {
  const journey = membersOf(definition)
  const entry = membersOf(journey.entry)
  return {
    key: typeof journey.key === 'string' ? journey.key : null,
    class: read(classSchema, journey.class),
    lane: read(laneSchema, journey.lane),
    arbitration: read(arbitrationSchema, journey.arbitration),
    valid: read(validitySchema, journey.valid),
    onPreempt: read(onPreemptSchema, journey.onPreempt),
    triggers: readList('/entry/on', triggerSchema, entry.on),
    entryWhen: typeof entry.when === 'string' ? entry.when : null,
    reentry: read(reentrySchema, entry.reentry),
    exits: readList('/exit', exitRuleSchema, journey.exit),
    goal: read(goalSchema, journey.goal),
    durations: ['staleAfter', 'queueFor'].flatMap((name) => {
      const part = journey[name]
      return typeof part === 'string' ? [{ path: child('', name), part }] : []
    }),
    // Where there are no steps to read, nobody knows whether there was one of that name.
    start: typeof journey.start === 'string' && isObject(journey.steps) ? journey.start : null,
    steps: readMap(stepSchema, journey.steps),
    messages: readMap(messageSchema, journey.messages),
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

function read<T>(schema: ZodType<T>, value: unknown): T | null {
  const { data } = schema.safeParse(value)
  return data ?? null
}

function readList<T>(path: string, schema: ZodType<T>, list: unknown): Placed<T>[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((item, index) => {
    const part = read(schema, item)
    return part === null ? [] : [{ path: child(path, index), part }]
  })
}

function readMap<T>(schema: ZodType<T>, map: unknown): Map<string, T | null> {
  return new Map(Object.entries(membersOf(map)).map(([name, value]) => [name, read(schema, value)]))
}
