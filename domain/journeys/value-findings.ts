import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { parseDurationProblem, signedDurationProblem } from '../time.ts'
import { localTimeProblem, zoneProblem } from './clock-problems.ts'
import { instantProblem } from './instant-problem.ts'
import { audienceInstant } from './audience-entry.ts'
import type { JourneyParts } from './journey-parts.ts'
import { LOCK_PATH, lockDate, lockInstant } from './lock-parts.ts'
import { specOf } from './steps/registry.schema.ts'
import type { Place, StepSpec } from './steps/step-spec.ts'

/** What is wrong with a journey's durations, instants, times of day and time zones. */
export function valueFindings(parts: JourneyParts): Finding[] {
  return KINDS.flatMap(({ code, problem, inSteps, elsewhere }) =>
    [...elsewhere(parts), ...placesInSteps(parts, inSteps)].flatMap(
      ({ path, value }): Finding[] => {
        const message = problem(value)
        return message === null ? [] : [{ code, path, message, severity: 'error' }]
      },
    ),
  )
}

interface Kind {
  readonly code: string
  /** What is wrong with a value, as a sentence; null when it may be used. */
  readonly problem: (value: string) => string | null
  readonly inSteps: 'durations' | 'offsets' | 'instants' | 'localTimes' | 'zones'
  readonly elsewhere: (parts: JourneyParts) => readonly Place[]
}

const KINDS: readonly Kind[] = [
  {
    code: 'bad_duration',
    problem: parseDurationProblem,
    inSteps: 'durations',
    elsewhere: ({ durations, reentry, goal }) => [
      ...durations.map(({ path, part }) => ({ path, value: part })),
      ...(reentry?.mode === 'coolDown' ? [{ path: '/entry/reentry/for', value: reentry.for }] : []),
      ...(goal === null ? [] : [{ path: '/goal/within', value: goal.within }]),
    ],
  },
  {
    code: 'bad_duration',
    problem: signedDurationProblem,
    inSteps: 'offsets',
    elsewhere: (parts) => placesOfDates(parts, 'offset'),
  },
  {
    code: 'bad_instant',
    problem: instantProblem,
    inSteps: 'instants',
    elsewhere: (parts) => [
      ...place('/valid/from', parts.valid?.from),
      ...place('/valid/until', parts.valid?.until),
      ...place(`${LOCK_PATH}/until`, lockInstant(parts) ?? undefined),
      ...place('/entry/audience/at', audienceInstant(parts) ?? undefined),
    ],
  },
  {
    code: 'bad_local_time',
    problem: localTimeProblem,
    inSteps: 'localTimes',
    elsewhere: (parts) => placesOfDates(parts, 'at'),
  },
  {
    code: 'unknown_zone',
    problem: zoneProblem,
    inSteps: 'zones',
    elsewhere: ({ audience }) => {
      const at = audience?.at
      return typeof at === 'object' ? place('/entry/audience/at/zone', at.zone) : []
    },
  },
]

function placesInSteps({ steps }: JourneyParts, kind: Kind['inSteps']): Place[] {
  return [...steps].flatMap(([id, step]) => {
    if (step === null) return []
    const spec: StepSpec = specOf(step)
    return (spec[kind]?.(step) ?? []).map(({ path, value }) => ({
      path: child('/steps', id) + path,
      value,
    }))
  })
}

/** Of the date rules outside steps: those of triggers, and of a lock. */
function placesOfDates(parts: JourneyParts, field: 'offset' | 'at'): Place[] {
  return [
    ...parts.triggers.flatMap(({ path, part }) =>
      'date' in part ? place(`${path}/${field}`, part[field]) : [],
    ),
    ...place(`${LOCK_PATH}/untilDate/${field}`, lockDate(parts)?.[field]),
  ]
}

function place(path: string, value: string | undefined): Place[] {
  return value === undefined ? [] : [{ path, value }]
}
