import { z } from 'zod'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import type { Finding } from '../../errors.ts'
import type { WaitForStep } from '../step.ts'
import { eventNameSchema } from '../names.schema.ts'
import type { StepCondition, StepSpec } from './step-spec.ts'
import { awaitedBy } from './wait-for.ts'

const awaited = {
  event: eventNameSchema.describe('The event that is waited for'),
  when: z
    .string()
    .describe('CEL: whether this event is meant; sees `event` and `entry`')
    .exactOptional(),
  same: z
    .string()
    .min(1)
    .describe('A property that must be the same as in the entry event, such as `order_id`')
    .exactOptional(),
}

export const waitForStep = {
  schema: z.strictObject({
    type: z.literal('waitFor').describe('Waits for an event, at most so long'),
    event: awaited.event.exactOptional(),
    when: awaited.when,
    same: awaited.same,
    events: z
      .array(
        z.strictObject({
          ...awaited,
          next: z
            .string()
            .describe('Id of the next step. Default: that of the whole')
            .exactOptional(),
        }),
      )
      .min(1)
      .describe('Any one of these, in place of `event`')
      .exactOptional(),
    within: z.string().describe('How long at most, ISO 8601: `P7D`'),
    sinceEntry: z
      .literal(true)
      .describe('What has happened since entry counts too, and then there is no wait')
      .exactOptional(),
    next: z.string().describe('Id of the next step once it has happened'),
    onTimeout: z.string().describe('Id of the next step when it has not'),
  }),
  // What has happened since entry may end it at once, but only once.
  links: (step) =>
    [
      { path: '/next', value: step.next },
      ...(step.events ?? []).flatMap(({ next }, index) =>
        next === undefined ? [] : [{ path: `/events/${index}/next`, value: next }],
      ),
      { path: '/onTimeout', value: step.onTimeout },
    ].map((link) => ({ ...link, takesTime: true })),
  conditions: (step) =>
    awaitedBy(step).flatMap(({ event, when }, index): StepCondition[] =>
      when === undefined
        ? []
        : [
            {
              path: step.events === undefined ? '/when' : `/events/${index}/when`,
              source: when,
              yields: 'condition',
              event,
            },
          ],
    ),
  durations: (step) => [{ path: '/within', value: step.within }],
  events: (step) => awaitedBy(step).map(({ event }) => event),
  correlates: (step) =>
    awaitedBy(step).flatMap(({ event, same }) =>
      same === undefined ? [] : [{ event, property: same }],
    ),
  problems: (step) => [...awaitedFindings(step), ...sameFindings(step)],
} as const satisfies StepSpec<WaitForStep>

/** Either one event with what belongs to it, or a list of them. */
function awaitedFindings({ events, ...step }: WaitForStep): Finding[] {
  if (events === undefined)
    return step.event === undefined
      ? [
          {
            code: 'missing_field',
            path: '/event',
            message: '"event" is missing; name what to wait for, or several in "events".',
            severity: 'error',
          },
        ]
      : []
  return (['event', 'when', 'same'] as const)
    .filter((name) => step[name] !== undefined)
    .map((name) => ({
      code: 'contradictory_fields',
      path: `/${name}`,
      message: `Beside "events", "${name}" is not looked at; move it into the list, or take one out.`,
      severity: 'error',
    }))
}

function sameFindings(step: WaitForStep): Finding[] {
  return awaitedBy(step).flatMap(({ same }, index): Finding[] =>
    same !== undefined && isPersonalTrait(same)
      ? [
          {
            code: 'personal_trait',
            path: step.events === undefined ? '/same' : `/events/${index}/same`,
            message: `"${same}" is personal data, which no actor keeps; compare another property.`,
            severity: 'error',
          },
        ]
      : [],
  )
}
