import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { localTimeProblem, zoneProblem } from '../journeys/clock-problems.ts'
import { instantProblem } from '../journeys/instant-problem.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import type { Place } from '../journeys/steps/step-spec.ts'
import { durationMs, parseDurationProblem } from '../time.ts'
import type { ExclusionPreset, ExclusionRule } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'

/** How far back caps and counts of events look: what an actor keeps is made for that. */
const WINDOW_MAX = 'P92D'

/** What is wrong with a policy's durations, times of day, instants and time zone. */
export function policyValueFindings(parts: PolicyParts): Finding[] {
  const windows = windowsIn(parts)
  const times = stretchesIn(parts)
  return [
    ...problemsAt([...windows, ...durationsIn(parts)], 'bad_duration', parseDurationProblem),
    ...problemsAt(
      times.flatMap(({ path, from, until }) => [
        { path: `${path}/from`, value: from },
        { path: `${path}/until`, value: until },
      ]),
      'bad_local_time',
      localTimeProblem,
    ),
    ...problemsAt(
      parts.warmUp.map(({ path, part }) => ({ path: `${path}/from`, value: part.from })),
      'bad_instant',
      instantProblem,
    ),
    ...problemsAt(
      parts.zone === null ? [] : [{ path: '/zone', value: parts.zone }],
      'unknown_zone',
      zoneProblem,
    ),
    ...windows.flatMap(tooLong),
    ...times.filter(({ from, until }) => from === until).map(emptyWindow),
  ]
}

function problemsAt(
  places: readonly Place[],
  code: string,
  problem: (value: string) => string | null,
): Finding[] {
  return places.flatMap(({ path, value }): Finding[] => {
    const message = problem(value)
    return message === null ? [] : [{ code, path, message, severity: 'error' }]
  })
}

function windowsIn({ caps, fatigue, exclusions }: PolicyParts): Place[] {
  return [
    ...fatigue.flatMap(({ path, part: { steps } }) =>
      steps.flatMap((step, index) =>
        'per' in step ? [{ path: `${path}/steps/${index}/per`, value: step.per }] : [],
      ),
    ),
    ...caps.flatMap(({ path, part: { window } }) =>
      typeof window === 'string' ? [{ path: `${path}/window`, value: window }] : [],
    ),
    ...exclusions.flatMap(({ path, part: { beyond } }) =>
      beyond === undefined ? [] : [{ path: `${path}/beyond/window`, value: beyond.window }],
    ),
  ]
}

function durationsIn({ quietHours, exclusions, capacities }: PolicyParts): Place[] {
  return [
    ...quietHours.flatMap(({ path, part: { spread } }) => placeOf(`${path}/spread`, spread)),
    ...exclusions.flatMap(durationsOfExclusion),
    ...capacities.map(({ path, part }) => ({
      path: `${path}/handlingTime`,
      value: part.handlingTime,
    })),
  ]
}

function durationsOfExclusion({ path, part }: Placed<ExclusionRule | ExclusionPreset>): Place[] {
  const { after, decay, for: lasts } = part
  return [
    ...(typeof after === 'string'
      ? [{ path: `${path}/after`, value: after }]
      : placeOf(`${path}/after/default`, after?.default)),
    ...placeOf(`${path}/for`, lasts),
    ...placeOf(`${path}/decay/halfLife`, decay?.halfLife),
  ]
}

interface Stretch {
  readonly path: string
  readonly from: string
  readonly until: string
}

function stretchesIn({ quietHours, sendWindows }: PolicyParts): Stretch[] {
  return [
    ...quietHours.flatMap(({ path, part }) => [
      { ...part, path },
      ...(part.unknownZone === undefined
        ? []
        : [{ ...part.unknownZone, path: `${path}/unknownZone` }]),
    ]),
    ...sendWindows.flatMap(({ path, part }) =>
      part.windows.map((window, index) => ({ ...window, path: child(`${path}/windows`, index) })),
    ),
  ]
}

function placeOf(path: string, value: string | undefined): Place[] {
  return value === undefined ? [] : [{ path, value }]
}

function tooLong({ path, value }: Place): Finding[] {
  if (parseDurationProblem(value) !== null || durationMs(value) <= durationMs(WINDOW_MAX)) return []
  return [
    {
      code: 'window_too_long',
      path,
      message: `"${value}" looks back further than ${WINDOW_MAX}, and nobody keeps count for so long; write a shorter one.`,
      severity: 'error',
    },
  ]
}

function emptyWindow({ path, from }: Stretch): Finding {
  return {
    code: 'empty_window',
    path: `${path}/until`,
    message: `It ends at ${from}, when it begins; write another time, or take it out.`,
    severity: 'error',
  }
}
