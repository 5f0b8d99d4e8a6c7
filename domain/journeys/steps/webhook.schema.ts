import { z } from 'zod'
import { durationMs, parseDurationProblem } from '../../time.ts'
import { httpUrlSchema, jsonSchema } from '../values.schema.ts'
import type { WebhookStep } from '../step.ts'
import { textsIn } from '../texts-in.ts'
import type { StepSpec } from './step-spec.ts'

export const webhookStep = {
  schema: z.strictObject({
    type: z.literal('webhook').describe('Calls a system outside and goes on with its answer'),
    url: httpUrlSchema.describe('Where it calls. Not a template'),
    method: z.enum(['POST', 'PUT', 'GET']).describe('Default: `POST`').exactOptional(),
    body: jsonSchema.describe('JSON; every text in it is a Liquid template').exactOptional(),
    saveAs: z
      .string()
      .min(1)
      .max(64)
      .describe('Conditions and messages see the answer as `answers.<this>`: `status` and `body`')
      .exactOptional(),
    timeout: z.string().describe('Of one try. Default and most: `PT30S`').exactOptional(),
    retryFor: z.string().describe('How long it is tried again. Default: `PT1H`').exactOptional(),
    next: z.string().describe('Id of the next step'),
    onFail: z
      .string()
      .describe('Id of the next step where it did not answer with success. Default: `next`')
      .exactOptional(),
  }),
  links: (step) => [
    { path: '/next', value: step.next },
    ...(step.onFail === undefined ? [] : [{ path: '/onFail', value: step.onFail }]),
  ],
  durations: ({ timeout, retryFor }) => [
    ...(timeout === undefined ? [] : [{ path: '/timeout', value: timeout }]),
    ...(retryFor === undefined ? [] : [{ path: '/retryFor', value: retryFor }]),
  ],
  saves: ({ saveAs }) => (saveAs === undefined ? [] : [saveAs]),
  texts: ({ body }) => (body === undefined ? [] : textsIn('/body', body)),
  problems: ({ timeout, method, body }) => [
    ...(timeout !== undefined && isTooLong(timeout)
      ? [
          {
            code: 'out_of_range',
            path: '/timeout',
            message: 'A try may take at most 30 seconds; give it PT30S or less.',
            severity: 'error' as const,
          },
        ]
      : []),
    ...(method === 'GET' && body !== undefined
      ? [
          {
            code: 'contradictory_fields',
            path: '/body',
            message: 'A GET has no body; take it out, or use POST or PUT.',
            severity: 'error' as const,
          },
        ]
      : []),
  ],
} as const satisfies StepSpec<WebhookStep>

const TIMEOUT_MS_MAX = 30_000

const isTooLong = (timeout: string): boolean =>
  parseDurationProblem(timeout) === null && durationMs(timeout) > TIMEOUT_MS_MAX
