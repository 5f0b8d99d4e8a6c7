import type { EntryRule, Journey, RunDefinition } from './journey.ts'
import type { Step } from './step.ts'
import { partsOf } from './journey-parts.ts'
import { channelsOf } from './journey-reads.ts'
import { isKnownStep, specOf } from './steps/registry.schema.ts'

/** What the engine needs to run a version: no titles and texts, defaults of its steps filled in. */
export function compileRun(journey: Journey, version: number, hash: string): RunDefinition {
  const { $schema: _schema, title: _title, messages = {}, ...rest } = journey
  const steps = Object.entries(journey.steps).map(([id, step]): [string, Step] => [
    id,
    (isKnownStep(step) ? specOf(step).compile?.(step, messages) : undefined) ?? step,
  ])
  return { ...rest, steps: Object.fromEntries(steps), version, hash }
}

/** What decides whether somebody enters a version. */
export function compileEntry(journey: Journey, version: number, hash: string): EntryRule {
  const { key, class: messageClass, lane, arbitration, entry, exit, queueFor, valid } = journey
  return {
    journey: key,
    version,
    hash,
    class: messageClass,
    ...(lane === undefined ? {} : { lane }),
    arbitration,
    entry,
    ...(exit === undefined ? {} : { exit }),
    ...(queueFor === undefined ? {} : { queueFor }),
    ...(valid === undefined ? {} : { valid }),
    channels: channelsOf(partsOf(journey)),
  }
}
