import { z } from '@hono/zod-openapi'
import { DomainError, type Finding } from '../domain/errors.ts'
import { pointerTo } from '../domain/json-pointer.ts'
import { parseDurationProblem } from '../domain/time.ts'
import { isTouchpointName } from '../domain/touchpoints/touchpoint.ts'

/** Shapes of what callers send, and what is wrong with what they sent. */

const ID_BYTES_MAX = 255
const LIST_LIMIT_DEFAULT = 50
const LIST_LIMIT_MAX = 200
const DRAFTS_MAX = 50

/** Text that the store can hold: it has no place for NUL. */
export const textSchema = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .refine((text) => !text.includes('\0'), 'The text contains a NUL character')

/** An id as callers make them. */
export const idSchema = textSchema(ID_BYTES_MAX)
  .min(1)
  .refine((id) => Buffer.byteLength(id) <= ID_BYTES_MAX, `An id has at most ${ID_BYTES_MAX} bytes`)

/** A source or a channel of events. */
export const touchpointNameSchema = z
  .string()
  .refine(
    isTouchpointName,
    'A small letter, then small letters, digits and _, 64 characters at most',
  )
  .openapi({ example: 'call_centre' })

/** ISO 8601, of some length. */
export const durationSchema = z.string().refine((text) => parseDurationProblem(text) === null, {
  error: ({ input }) => parseDurationProblem(String(input)),
})

/** RFC 3339. */
export const instantSchema = z.iso.datetime({ offset: true })

export const customerParams = z.object({
  id: idSchema.openapi({
    description:
      'The customer id, or any identity, url-encoded; `kind:value` where a value is ambiguous',
    example: 'user:42',
  }),
})

/** Drafts that are played. Whatever they are: the checker names everything that keeps them from being journeys. */
export const draftsSchema = z
  .array(z.unknown().openapi({ type: 'object', description: 'A journey definition' }))
  .max(DRAFTS_MAX)
  .default([])
  .openapi({ description: 'Drafts; each takes the place of the live version of its journey' })

/** Drafts of the rules beside the journeys. Whatever they are: the checkers name what is wrong. */
export const ruleDraftsShape = {
  contactPolicy: z.unknown().optional().openapi({
    type: 'object',
    description: 'A draft, in the place of the contact policy in force',
  }),
  arbitration: z.unknown().optional().openapi({
    type: 'object',
    description: 'A draft, in the place of the arbitration rules in force',
  }),
}

const listShape = {
  limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(LIST_LIMIT_DEFAULT),
  cursor: z
    .string()
    .max(2_000)
    .optional()
    .openapi({ description: '`nextCursor` of the page before' }),
}

/** What every list takes. */
export const listQuery = z.strictObject(listShape)

/** What a list with filters takes. An unknown filter is refused: ignoring it would show the wrong things. */
export const filteredListQuery = <Shape extends z.core.$ZodLooseShape>(filters: Shape) =>
  z.strictObject({ ...listShape, ...filters })

/** Where in a request the validators look, as the first member of a finding's pointer. Bodies have none. */
const PLACES: Record<string, readonly string[]> = {
  query: ['query'],
  param: ['path'],
  header: ['headers'],
  json: [],
}

/** Refuses a request with everything that its schema holds against it. */
export function refuseInvalid(result: {
  success: boolean
  target: string
  data?: unknown
  error?: z.core.$ZodError
}): void {
  if (result.success || result.error === undefined) return
  const place = PLACES[result.target] ?? []
  const findings = toFindings(result.error.issues, result.data).map((finding) => ({
    ...finding,
    path: pointerTo(place) + finding.path,
  }))
  const places = findings.length === 1 ? 'one place' : `${findings.length} places`
  throw new DomainError('malformed', `The request is wrong in ${places}.`, findings)
}

/** One finding for each thing that is wrong with `data`, unknown fields one by one. */
function toFindings(issues: readonly z.core.$ZodIssue[], data: unknown): Finding[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) =>
        finding('unknown_field', [...issue.path, key], `There is no field "${key}" here`),
      )
    const isMissing = issue.code === 'invalid_type' && valueAt(data, issue.path) === undefined
    const name = issue.path.at(-1)
    return [
      isMissing && name !== undefined
        ? finding('missing_field', issue.path, `"${String(name)}" is missing: ${issue.expected}`)
        : finding(isMissing ? 'missing_field' : 'invalid_value', issue.path, issue.message),
    ]
  })
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined,
    data,
  )
}

const finding = (code: string, path: readonly PropertyKey[], message: string): Finding => ({
  code,
  path: pointerTo(path),
  message,
  severity: 'error',
})
