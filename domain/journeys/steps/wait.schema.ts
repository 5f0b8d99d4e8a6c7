import { z } from 'zod'
import type { Finding } from '../../errors.ts'
import type { WaitStep } from '../journey.ts'
import type { StepSpec } from './step-spec.ts'

const LOCAL_TIME = /^([01]\d|2[0-3]):[0-5]\d$/

export const waitStep = {
  schema: z.strictObject({
    type: z.literal('wait'),
    for: z.string().exactOptional(),
    at: z.string().exactOptional(),
    next: z.string(),
  }),
  // With `at` alone the local time may be this very instant.
  rests: (step) => step.for !== undefined,
  links: (step) => [{ path: '/next', value: step.next }],
  durations: (step) => (step.for === undefined ? [] : [{ path: '/for', value: step.for }]),
  problems: (step) => {
    const findings: Finding[] = []
    if (step.for === undefined && step.at === undefined)
      findings.push({
        code: 'wait_for_nothing',
        path: '',
        message: 'This wait has no end; give it "for" (a duration), "at" (a local time) or both.',
        severity: 'error',
      })
    if (step.at !== undefined && !LOCAL_TIME.test(step.at))
      findings.push({
        code: 'bad_local_time',
        path: '/at',
        message: `"${step.at}" is not a time of day; write it as HH:MM from 00:00 to 23:59.`,
        severity: 'error',
      })
    return findings
  },
} as const satisfies StepSpec<WaitStep>
