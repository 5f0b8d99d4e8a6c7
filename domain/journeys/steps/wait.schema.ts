import { z } from 'zod'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import type { Finding } from '../../errors.ts'
import { WEEKDAYS } from '../values.ts'
import type { WaitStep } from '../step.ts'
import type { Place, StepSpec } from './step-spec.ts'

export const waitStep = {
  schema: z.strictObject({
    type: z
      .literal('wait')
      .describe('Sleeps: a duration, until an instant or a date, until a time of day or a weekday'),
    for: z.string().describe('A duration, ISO 8601: `P3D` or `PT2H`').exactOptional(),
    until: z
      .string()
      .describe('An instant, RFC 3339 with an offset: `2026-12-24T18:00:00+01:00`')
      .exactOptional(),
    date: z
      .string()
      .min(1)
      .describe('A trait that holds a date; reckoned anew when it changes')
      .exactOptional(),
    offset: z
      .string()
      .describe('With `date`: so long after it, or before it with a minus in front: `-P7D`')
      .exactOptional(),
    yearly: z.literal(true).describe('With `date`: the same day of every year').exactOptional(),
    at: z.string().describe('Then on to the next time of day, `HH:MM`').exactOptional(),
    weekdays: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .describe('Then on to the next of these days')
      .exactOptional(),
    zone: z
      .string()
      .describe("IANA zone of `at` and `weekdays`. Default: the customer's")
      .exactOptional(),
    next: z.string().describe('Id of the next step'),
    onMissing: z
      .string()
      .describe('With `date`: id of the next step where the customer has no such date')
      .exactOptional(),
    onPast: z
      .string()
      .describe('With `date`: id of the next step where it has passed')
      .exactOptional(),
  }),
  links: (step) => [
    { path: '/next', value: step.next, takesTime: takesTime(step) },
    ...(step.onMissing === undefined ? [] : [{ path: '/onMissing', value: step.onMissing }]),
    ...(step.onPast === undefined ? [] : [{ path: '/onPast', value: step.onPast }]),
  ],
  durations: (step) => place('/for', step.for),
  offsets: (step) => place('/offset', step.offset),
  instants: (step) => place('/until', step.until),
  localTimes: (step) => place('/at', step.at),
  zones: (step) => place('/zone', step.zone),
  dates: (step) => (step.date === undefined ? [] : [step.date]),
  problems: (step) => [...endFindings(step), ...fieldFindings(step), ...dateFindings(step)],
} as const satisfies StepSpec<WaitStep>

/**
 * Whether `next` always comes later. An instant may have passed, and today may be the weekday; a time
 * of day alone is always later, and so is a date, since a missing or past one goes another way.
 */
function takesTime({ for: duration, until, date, at }: WaitStep): boolean {
  if (date !== undefined) return true
  return duration !== undefined || (until === undefined && at !== undefined)
}

/** What can end a wait. */
const ENDS = ['for', 'until', 'date', 'at', 'weekdays'] as const
/** Of which there can be one. */
const STARTS = ['for', 'until', 'date'] as const
const OF_DATES = ['offset', 'yearly', 'onMissing', 'onPast'] as const

function endFindings(step: WaitStep): Finding[] {
  if (ENDS.some((name) => step[name] !== undefined)) return []
  return [
    {
      code: 'wait_for_nothing',
      path: '',
      message:
        'This wait has no end; give it "for" (a duration), "until" (an instant), "date" (a trait), "at" (a local time) or "weekdays".',
      severity: 'error',
    },
  ]
}

/** Fields that do not go together. */
function fieldFindings(step: WaitStep): Finding[] {
  const starts = STARTS.filter((name) => step[name] !== undefined)
  const [first, ...more] = starts
  const superfluous = more.map((name) => ({
    name,
    message: `A wait has one of "for", "until" and "date", and here is "${first}" already; take one out.`,
  }))
  const ofDates = OF_DATES.filter(
    (name) => step.date === undefined && step[name] !== undefined,
  ).map((name) => ({
    name,
    message: `"${name}" goes with "date" only; add that, or take this out.`,
  }))
  const ofZone =
    step.zone !== undefined &&
    step.at === undefined &&
    step.weekdays === undefined &&
    step.date === undefined
      ? [
          {
            name: 'zone',
            message: '"zone" goes with "at", "weekdays" or "date"; add one, or take this out.',
          },
        ]
      : []
  return [...superfluous, ...ofDates, ...ofZone].map(({ name, message }) => ({
    code: 'contradictory_fields',
    path: `/${name}`,
    message,
    severity: 'error',
  }))
}

/** A date must say what happens without it, so that nothing goes out at once by accident. */
function dateFindings(step: WaitStep): Finding[] {
  const { date } = step
  if (date === undefined) return []
  const needed = (['onMissing', 'onPast'] as const).filter(
    (name) => step[name] === undefined && !(name === 'onPast' && step.yearly === true),
  )
  const findings: Finding[] = needed.map((name) => ({
    code: 'missing_field',
    path: `/${name}`,
    message: `"${name}" is missing; name the step to go to when the date ${name === 'onPast' ? 'has passed' : 'is missing'}.`,
    severity: 'error',
  }))
  if (isPersonalTrait(date) && step.yearly !== true)
    findings.push({
      code: 'personal_trait',
      path: '/date',
      message: `"${date}" is personal data, of which only day and month reach the actor; add "yearly": true, or use another trait.`,
      severity: 'error',
    })
  return findings
}

const place = (path: string, value: string | undefined): Place[] =>
  value === undefined ? [] : [{ path, value }]
