import { z } from '@hono/zod-openapi'
import type { JsonObject, JsonValue } from '../domain/json.ts'

/** Shapes of what the API answers, as `openapi.json` shows them. */

export const findingSchema = z
  .object({
    code: z.string(),
    path: z.string().openapi({ description: 'JSON pointer into what was sent' }),
    message: z.string(),
    severity: z.enum(['error', 'warning']),
  })
  .openapi('Finding')

/** What every answer that is no success looks like. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ example: '/docs/problems.md#malformed' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'The request id' }),
    findings: z.array(findingSchema),
  })
  .openapi('Problem')

const DESCRIPTIONS = {
  400: 'Malformed; every fault is among the findings',
  401: 'No key, or one that is unknown or revoked',
  403: 'The key lacks the scope',
  404: 'Not found',
  409: 'In conflict with what is there',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Well-formed but not acceptable',
  429: 'Too many requests with this key; see Retry-After',
  503: 'The store cannot be reached; see Retry-After',
} as const
type ProblemStatus = keyof typeof DESCRIPTIONS

type ProblemAnswer = {
  description: string
  content: { 'application/problem+json': { schema: typeof problemSchema } }
}

/** The problems that a route may answer, besides those that every route with a key may. */
export function problems<Status extends ProblemStatus = never>(
  ...statuses: Status[]
): Record<Status | 401 | 403 | 429 | 503, ProblemAnswer> {
  const all = [...new Set<ProblemStatus>([401, 403, 429, 503, ...statuses])].sort((a, b) => a - b)
  return Object.fromEntries(
    all.map((status) => [
      status,
      {
        description: DESCRIPTIONS[status],
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  ) as Record<Status | 401 | 403 | 429 | 503, ProblemAnswer>
}

/** A JSON answer. */
export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** A required JSON body. */
export const body = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true as const,
  content: { 'application/json': { schema } },
})

/** A page of a list. */
export const listOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.object({ data: z.array(schema), nextCursor: z.string().nullable() })

export const instant = z.string().openapi({ format: 'date-time' })
/** Any JSON. Not `z.json()`: its recursion is more than the generator of `openapi.json` can take. */
export const jsonValue: z.ZodType<JsonValue> = z.any().openapi({ description: 'Any JSON value' })
export const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), jsonValue)
