import { child } from '../json-pointer.ts'
import type {
  Arbitration,
  AudienceEntry,
  ExitRule,
  Goal,
  Journey,
  JourneyMessage,
  Lane,
  MessageClass,
  Reentry,
  Trigger,
  Validity,
} from './journey.ts'
import { hasContents } from './message-contents.ts'
import type { StepId } from './values.ts'
import type { Step } from './step.ts'

/** A part and where it stands in the definition. */
export interface Placed<T> {
  readonly path: string
  readonly part: T
}

/**
 * A journey in its parts, as far as they can be read: what is wrong in one place must not hide what
 * is wrong in another. `null` in a map: it is there, but cannot be read.
 */
export interface JourneyParts {
  readonly key: string | null
  readonly class: MessageClass | null
  readonly lane: Lane | null
  readonly arbitration: Arbitration | null
  readonly valid: Validity | null
  readonly onPreempt: Journey['onPreempt'] | null
  readonly triggers: readonly Placed<Trigger>[]
  readonly audience: AudienceEntry | null
  readonly entryWhen: string | null
  readonly reentry: Reentry | null
  readonly exits: readonly Placed<ExitRule>[]
  readonly goal: Goal | null
  /** `staleAfter` and `queueFor`. */
  readonly durations: readonly Placed<string>[]
  readonly start: StepId | null
  readonly steps: ReadonlyMap<StepId, Step | null>
  /** Null also where it is one of the library that was not looked up. */
  readonly messages: ReadonlyMap<string, JourneyMessage | null>
}

/** The parts of a journey that is known to be well-formed. */
export function partsOf(journey: Journey): JourneyParts {
  return {
    key: journey.key,
    class: journey.class,
    lane: journey.lane ?? null,
    arbitration: journey.arbitration,
    valid: journey.valid ?? null,
    onPreempt: journey.onPreempt ?? null,
    triggers: placed('/entry/on', journey.entry.on),
    audience: journey.entry.audience ?? null,
    entryWhen: journey.entry.when ?? null,
    reentry: journey.entry.reentry ?? null,
    exits: placed('/exit', journey.exit ?? []),
    goal: journey.goal ?? null,
    durations: (['staleAfter', 'queueFor'] as const).flatMap((name) => {
      const part = journey[name]
      return part === undefined ? [] : [{ path: child('', name), part }]
    }),
    start: journey.start,
    steps: new Map(Object.entries(journey.steps)),
    messages: readableMessages(new Map(Object.entries(journey.messages ?? {}))),
  }
}

/** A message of the library says nothing before it was looked up: nobody knows what it will say. */
export const readableMessages = (
  messages: ReadonlyMap<string, JourneyMessage | null>,
): ReadonlyMap<string, JourneyMessage | null> =>
  new Map(
    [...messages].map(([name, message]) => [
      name,
      message?.use !== undefined && !hasContents(message) ? null : message,
    ]),
  )

function placed<T>(path: string, parts: readonly T[]): Placed<T>[] {
  return parts.map((part, index) => ({ path: child(path, index), part }))
}
